# SPDX-License-Identifier: Apache-2.0
"""How often a worker allocates for a picture, once it is warm."""

import os
import pathlib
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from unittest import mock

import setting
from rows import row

LIBRARY = setting.RELEASE / "bench" / "libcount_allocations.so"
WORKER = setting.RELEASE / "bin" / "segfleet-worker"
FEW, MORE = 128, 256  # pictures of two runs: their difference is without the start
NAMED = 8  # places that are shown


def read_books(path: pathlib.Path) -> tuple[int, int, Counter]:
    """What count_allocations.cc wrote: of the worker's own code, of libraries, and by place in the program."""
    own, libraries, *pairs = struct.unpack("<2046Q", path.read_bytes())
    return (
        own,
        libraries,
        Counter({place: times for place, times in zip(pairs[::2], pairs[1::2], strict=True) if place}),
    )


def worker_books(arguments: list, pictures: list[pathlib.Path]) -> tuple[int, int, Counter]:
    with tempfile.TemporaryDirectory() as folder:
        with mock.patch.dict(os.environ, LD_PRELOAD=str(LIBRARY), COUNT_ALLOCATIONS=folder):
            setting.segfleet([*arguments, "--input", *pictures])
        [book] = pathlib.Path(folder).glob(f"{WORKER.name[:15]}*")
        return read_books(book)


def place_names(places: list[int]) -> list[str]:
    command = ["addr2line", "-f", "-C", "-s", "-e", str(WORKER), *(hex(place) for place in places)]
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return lines[::2]


def allocations() -> list[dict]:
    """One worker with one lane, JPEGs of 512x512 through the demo model, masks written."""
    pictures = sorted(setting.pictures(256, 512, 512).iterdir())
    arguments = ["--model", setting.DEMO_MODEL, "--devices", f"cpu:{setting.CORES[0]}"]
    few, more = (worker_books(arguments, pictures[:count]) for count in (FEW, MORE))
    own, libraries = ((more[i] - few[i]) / (MORE - FEW) for i in (0, 1))
    by_place = more[2] - few[2]
    top = [place for place, _ in by_place.most_common(NAMED)]
    for place, name in zip(top, place_names(top), strict=True):
        print(f"{by_place[place] / (MORE - FEW):8.2f} an image: {name}", file=sys.stderr)
    return [
        row("allocations an image, worker's own code", own, "", at_most=0),
        row("allocations an image, libraries that it calls", libraries, ""),
    ]


CASES = {"allocations": allocations}
