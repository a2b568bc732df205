# SPDX-License-Identifier: Apache-2.0
"""Checks every relative link and anchor of the pages, then builds the API reference in build/docs/html.

Exit status 1 where a link leads nowhere, or where doxygen warns.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def prose(page: pathlib.Path) -> str:
    """A page without its code, in which brackets are no links."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page: pathlib.Path) -> set[str]:
    """The names under which a page's headings can be reached."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    names: set[str] = set()
    for heading in re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE):
        name = base = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        copies = 0
        while name in names:
            copies += 1
            name = f"{base}-{copies}"
        names.add(name)
    return names


def problems_of(page: pathlib.Path) -> list[str]:
    problems = []
    for link in LINK.findall(prose(page)):
        if re.match(r"\w+:", link):
            continue  # other hosts: nothing here goes to the network
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists():
            problems.append(f"{page.relative_to(ROOT)}: link to {link}: there is no such file")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            problems.append(f"{page.relative_to(ROOT)}: link to {link}: the page has no such heading")
    return problems


def pages() -> list[pathlib.Path]:
    command = ["git", "ls-files", "-co", "--exclude-standard", "*.md"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in sorted(names.splitlines())]


def main() -> int:
    problems = [problem for page in pages() for problem in problems_of(page)]
    print("".join(f"{problem}\n" for problem in problems), end="")
    (ROOT / "build/docs").mkdir(parents=True, exist_ok=True)
    built = subprocess.run(["doxygen", "docs/Doxyfile"], cwd=ROOT).returncode == 0
    if problems or not built:
        return 1
    print("links: all lead somewhere; API reference: build/docs/html/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
