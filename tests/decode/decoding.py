# SPDX-License-Identifier: Apache-2.0
"""Runs decode_dump on files and gives what it made of each."""

import dataclasses
import os
import pathlib
import subprocess

import numpy as np

TEST_BIN = pathlib.Path(os.environ["SEGFLEET_TEST_BIN"])
SANITIZED = bool(os.environ.get("SEGFLEET_SANITIZE"))


@dataclasses.dataclass
class Outcome:
    code: str  # "ok" or an error code
    message: str = ""
    pixels: np.ndarray | None = None
    shape: tuple[int, int] | None = None  # height and width of the picture itself


@dataclasses.dataclass
class Run:
    outcomes: list[Outcome]
    stderr: str
    peak_mib: float


def decode(
    files: list[pathlib.Path], folder: pathlib.Path, max_pixels: int | None = None, keep_pixels=True, times: int = 1
) -> Run:
    """times: of a JPEG, one pixel for so many each way is enough."""
    out = folder / "decoded"
    out.mkdir(exist_ok=True)
    command = [TEST_BIN / "decode_dump", out, str(max_pixels or 1 << 28), str(times)]
    listed = "".join(f"{file}\n" for file in files)
    with open(folder / "stderr", "w") as stderr:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True)
        stdout, _ = process.communicate(listed)
    assert process.returncode == 0, (folder / "stderr").read_text()
    *lines, last = stdout.splitlines()
    outcomes = []
    for n, line in enumerate(lines):
        code, _, rest = line.partition(" ")
        if code != "ok" or not keep_pixels:
            outcomes.append(Outcome(code, rest))
            continue
        width, height, *size = map(int, rest.split())
        pixels = np.fromfile(out / str(n), np.uint8).reshape(height, width, 3)
        outcomes.append(Outcome(code, rest, pixels, (size[1], size[0])))
    return Run(outcomes, (folder / "stderr").read_text(), int(last.removeprefix("peak_kib ")) / 1024)


def write(folder: pathlib.Path, named: list[tuple[str, bytes]]) -> list[pathlib.Path]:
    paths = []
    for name, data in named:
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    return paths
