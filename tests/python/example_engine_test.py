# SPDX-License-Identifier: Apache-2.0
"""examples/my_engine.py: runs as its docstring says, and stays a screen of code."""

import json
import pathlib
import re
import subprocess
import sys

import numpy as np
from segfleet import EngineOptions, load_model_package

ROOT = pathlib.Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def test_it_is_under_40_lines():
    assert len((EXAMPLES / "my_engine.py").read_text().splitlines()) < 40


def test_a_worker_hosts_it_by_the_name_in_its_docstring():
    name = re.search(r"--engine (\S+)", (EXAMPLES / "my_engine.py").read_text())[1]
    worker = subprocess.run(
        [sys.executable, "-m", "segfleet.worker", "--describe-model", str(ROOT / "models/demo"), "--engine", name],
        cwd=EXAMPLES,
        capture_output=True,
        text=True,
        timeout=60,
    )
    told = json.loads(worker.stdout)
    assert (told["name"], told["version"], told["class_count"]) == ("MyEngine", "1.0", 2), told


def test_it_finds_what_is_green(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from my_engine import MyEngine

    engine = MyEngine()
    engine.load(load_model_package(ROOT / "models/demo"), EngineOptions(extra={"threshold": "0.5"}))
    batch = np.full((2, 3, 4, 6), -1, np.float32)
    batch[1, 1, :, 3:] = 1
    labels = engine.infer(batch, 0)
    assert labels.dtype == np.uint8 and labels.shape == (2, 4, 6)
    assert labels[1, :, 3:].all() and labels.sum() == 12
