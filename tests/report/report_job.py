# SPDX-License-Identifier: Apache-2.0
"""A small job whose reports are looked at: its model, its inputs, and the command that reports it."""

import contextlib
import os
import pathlib
import shutil
import sqlite3

from segfleet_cli import segfleet, write_pictures

EVIL = "<script>document.documentElement.dataset.owned=1<script>&amp;.jpg"
SIMULATED = ["--engine", "simulated", "--devices", "sim*2", "--engine-option", "latency_ms=2"]


def make_model(folder: pathlib.Path) -> pathlib.Path:
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"the simulated engine reads no graph")
    (folder / "deploy.yaml").write_text(
        "Deploy:\n  model: model.onnx\n  output_op: argmax\n  transforms:\n"
        "  - type: Resize\n    target_size: [64, 48]\n  - type: Normalize\n"
    )
    return folder


def make_inputs(folder: pathlib.Path) -> pathlib.Path:
    """40 pictures; a truncated one with an evil name, one in Chinese, one whose name is no UTF-8."""
    pictures = write_pictures(folder, 40, width=320, height=240)
    (folder / EVIL).write_bytes(pictures[0].read_bytes()[:500])
    shutil.copy(pictures[1], folder / "街道 1.jpg")
    shutil.copy(pictures[2], os.fsencode(folder) + b"/\xff\xfe.jpg")
    (folder / "broken-街.jpg").write_bytes(b"no picture")
    return folder


def report(output, *more, status: int = 0):
    ended = segfleet("report", output, *more)
    assert ended.status == status, ended
    return ended


def copy_ledger(job: pathlib.Path, output: pathlib.Path) -> contextlib.closing[sqlite3.Connection]:
    """A folder with the job's ledger and nothing else; the copy is open to be changed."""
    output.mkdir()
    with contextlib.closing(sqlite3.connect(job / "ledger.sqlite")) as source:
        source.execute("VACUUM INTO ?", (str(output / "ledger.sqlite"),))
    return contextlib.closing(sqlite3.connect(output / "ledger.sqlite"))
