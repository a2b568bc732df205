# SPDX-License-Identifier: Apache-2.0
"""Doxygen's input filter: prints a header with its plain comments as documentation comments."""

import pathlib
import re
import sys


def escaped(words: str) -> str:
    """The words as they are: in a comment nothing is markup."""
    return re.sub(r"[@\\<>#]", lambda mark: "\\" + mark[0], words)


def documented_line(line: str) -> str:
    if line.lstrip().startswith("// SPDX"):
        return line
    code, comment, words = line.partition("// ")
    if not comment or (code.strip() and code.rstrip()[-1] not in ";,"):
        return line
    return f"{code}{'///<' if code.strip() else '///'} {escaped(words)}"


def documented(text: str) -> str:
    lines = [documented_line(line) for line in text.splitlines()]
    once = lines.index("#pragma once")  # what stands between the licence and this line is about the file
    return "\n".join([lines[0], "/// @file", *lines[1:once], "", *lines[once:]]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(documented(pathlib.Path(sys.argv[1]).read_text()))
