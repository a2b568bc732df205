# SPDX-License-Identifier: Apache-2.0
"""Runs the real `segfleet` program for tests, and makes the pictures and model packages that it is given."""

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess

import cv2
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ["SEGFLEET_BIN"])
SEGFLEET = BIN / "segfleet"
DEMO_MODEL = ROOT / "models" / "demo"
SANITIZED = bool(os.environ.get("SEGFLEET_SANITIZE"))

# One folder of compiled models for all tests of a build, so that a test does not compile what another has compiled.
CACHE = BIN.parent / "test-cache"


class Ended:
    """How a `segfleet` command ended."""

    def __init__(self, process: subprocess.CompletedProcess):
        self.status = process.returncode
        self.out = process.stdout.decode(errors="replace")
        self.err = process.stderr.decode(errors="replace")

    @property
    def events(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last(self) -> dict:
        return self.events[-1]

    def __repr__(self) -> str:
        return f"status {self.status}\n--- stdout\n{self.out[-3000:]}\n--- stderr\n{self.err[-3000:]}"


def segfleet(*arguments, timeout_s: float = 240, **options) -> Ended:
    command = [str(SEGFLEET), *map(str, arguments)]
    return Ended(subprocess.run(command, capture_output=True, timeout=timeout_s, stdin=subprocess.DEVNULL, **options))


def run_arguments(model, inputs, output, *more) -> list:
    inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    return ["run", "--json", "--model", model, "--input", *inputs, "--output", output, "--cache", CACHE, *more]


def run(model, inputs, output, *more, **options) -> Ended:
    """`segfleet run --json`."""
    return segfleet(*run_arguments(model, inputs, output, *more), **options)


def write_picture(path, width: int = 64, height: int = 48, seed: int = 0) -> pathlib.Path:
    """A picture of smooth random colours, in the format of its suffix."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    ok, encoded = cv2.imencode(path.suffix, picture)
    assert ok
    path.write_bytes(encoded.tobytes())
    return path


def write_pictures(folder, count: int, **size) -> list[pathlib.Path]:
    return [write_picture(pathlib.Path(folder) / f"p{i:04}.jpg", seed=i, **size) for i in range(count)]


def copy_demo_model(folder) -> pathlib.Path:
    """A model package that a test may damage."""
    target = pathlib.Path(folder) / "model"
    shutil.copytree(DEMO_MODEL, target)
    return target


def tree_bytes(folder) -> dict[str, bytes]:
    """Every file below a folder, by its relative path."""
    folder = pathlib.Path(folder)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def ledger_rows(output, query: str) -> list[tuple]:
    path = pathlib.Path(output) / "ledger.sqlite"
    # Closed at once: a reader that stays keeps the write-ahead log alive.
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def temporary_files(output) -> list[str]:
    return [str(p) for p in pathlib.Path(output).rglob(".segfleet-*")]
