# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over the files named on standard input, all cores: `git ls-files ... | python tidy.py BUILD_FOLDER`.

A file whose preprocessed text, rules and clang-tidy are those of an earlier clean run is not read again: the digests
of clean files lie in BUILD_FOLDER/tidy-clean.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TIDY = ROOT / ".venv/bin/clang-tidy"


def digest(entry: dict) -> str:
    """Of all that clang-tidy would see of one compilation."""
    words = shlex.split(entry["command"])
    words = [w for w in words if not w.endswith("ccache")]
    out = words.index("-o")
    command = words[:out] + words[out + 2 :] + ["-E", "-P"]
    text = subprocess.run(command, cwd=entry["directory"], capture_output=True, check=True).stdout
    rules = (ROOT / ".clang-tidy").read_bytes() + (ROOT / "requirements.txt").read_bytes()
    return hashlib.sha256(rules + text + pathlib.Path(entry["file"]).read_bytes()).hexdigest()


def check(entry: dict, clean: pathlib.Path, build: pathlib.Path) -> str:
    """The complaints about one file; empty where there are none."""
    mark = clean / digest(entry)
    if mark.exists():
        return ""
    run = subprocess.run([TIDY, "-p", build, "--quiet", entry["file"]], capture_output=True, text=True)
    if run.returncode == 0:
        mark.touch()
        return ""
    return run.stdout + run.stderr


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    clean = build / "tidy-clean"
    clean.mkdir(exist_ok=True)
    entries = {e["file"]: e for e in json.loads((build / "compile_commands.json").read_text())}
    files = [str(ROOT / line.strip()) for line in sys.stdin if line.strip()]
    missing = [f for f in files if f not in entries]
    for file in missing:
        print(f"{file}: this preset does not build it, so it is not checked", file=sys.stderr)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = pool.map(lambda f: check(entries[f], clean, build), [f for f in files if f in entries])
        complaints = [text for text in jobs if text]
    print("\n".join(complaints), end="")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
