# SPDX-License-Identifier: Apache-2.0
"""Fails where a file under src/ includes a room above its own level (docs/architecture.md)."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LEVELS = [
    ["base"],
    ["model", "imaging", "engine", "transport", "io"],
    ["worker"],
    ["fleet"],
    ["report"],
    ["cli"],
]
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
# Within the second level, the only neighbours that may be included, so that there is no cycle.
NEIGHBOURS = {
    "imaging": {"model"},
    "engine": {"model"},
    "transport": set(),
    "io": {"imaging"},
    "model": set(),
}
MAX_LINES = 400


def main() -> int:
    problems = []
    for path in sorted((ROOT / "src").rglob("*.[hc]*")):
        if path.suffix not in (".h", ".cc"):
            continue
        room = path.relative_to(ROOT / "src").parts[0]
        text = path.read_text()
        for target in re.findall(r'^#include "(\w+)/[^"]+"', text, re.MULTILINE):
            if target == "segfleet" or target == room:
                continue
            lower = LEVEL_OF.get(target, 99) < LEVEL_OF[room]
            if not lower and target not in NEIGHBOURS.get(room, set()):
                problems.append(f"{path.relative_to(ROOT)}: room {room} must not include room {target}")
        lines = text.count("\n")
        if lines > MAX_LINES:
            problems.append(f"{path.relative_to(ROOT)}: {lines} lines; split it, {MAX_LINES} is the limit")
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
