# SPDX-License-Identifier: Apache-2.0
"""Fails where a file under src/ includes a room above its own level (docs/architecture.md), or is too long."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LEVELS = [
    ["base"],
    ["model", "imaging", "engine", "transport", "io"],
    ["worker"],
    ["fleet"],
    ["tune", "report"],
    ["cli"],
]
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
# Within the second level, the only neighbours that may be included, so that there is no cycle.
NEIGHBOURS = {"imaging": {"model"}, "engine": {"model"}}
# What a folder inside a room may include of the room's other folders. A room's own files include all of them.
FOLDERS = {
    "engine/openvino": set(),
    "engine/simulated": set(),
    "fleet/arena": set(),
    "fleet/control": {"fleet/output"},
    "fleet/device": set(),
    "fleet/dispatch": set(),
    "fleet/ledger": set(),
    "fleet/monitor": {"fleet/device"},
    "fleet/process": set(),
    "fleet/output": {"fleet/ledger"},
    "fleet/loop": {"fleet/device", "fleet/dispatch", "fleet/process"},
    "imaging/decode": set(),
    "imaging/encode": set(),
    "imaging/preprocess": set(),
    "imaging/masks": {"imaging/preprocess"},
    "imaging/nvjpeg": {"imaging/decode", "imaging/encode"},
    "io/sink": set(),
    "report/facts": set(),
    "report/page": {"report/facts"},
    "report/trace": set(),
    "io/source": {"io/sink"},
}
# Engines stand on the room's own files; in every other room these stand on the folders.
ON_TOP = {"engine/openvino", "engine/simulated"}
MAX_LINES = 400


def included(text: str) -> list[str]:
    """The folders under src/ that a file includes, such as "io/sink"."""
    paths = (pathlib.PurePath(name) for name in re.findall(r'^#include "([^"]+)"', text, re.MULTILINE))
    return sorted({str(path.parent) for path in paths if path.parts[0] in LEVEL_OF})


def allowed(folder: str, target: str) -> bool:
    room, other = folder.split("/")[0], target.split("/")[0]
    if room != other:
        return LEVEL_OF[other] < LEVEL_OF[room] or other in NEIGHBOURS.get(room, set())
    if folder == target:
        return True
    if folder == room:
        return target not in ON_TOP
    return target in FOLDERS[folder] or (target == room and folder in ON_TOP)


def problems_of(path: pathlib.Path) -> list[str]:
    folder, text = str(path.parent.relative_to(ROOT / "src")), path.read_text()
    name = path.relative_to(ROOT)
    if folder not in LEVEL_OF and folder not in FOLDERS:
        return [f"{name}: src/{folder} is in no level; give it one in tools/check_levels.py"]
    problems = [
        f"{name}: {folder} must not include {target}" for target in included(text) if not allowed(folder, target)
    ]
    lines = text.count("\n")
    if lines > MAX_LINES:
        problems.append(f"{name}: {lines} lines; split it, {MAX_LINES} is the limit")
    return problems


def main() -> int:
    files = [path for path in sorted((ROOT / "src").rglob("*")) if path.suffix in (".h", ".cc")]
    problems = [problem for path in files for problem in problems_of(path)]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
