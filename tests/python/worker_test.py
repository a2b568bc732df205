# SPDX-License-Identifier: Apache-2.0
"""python -m segfleet.worker: which class an engine's name means, and what a bad one says."""

import json
import os
import subprocess
import sys

import pytest

GOOD = """
import numpy as np

class Engine:
    version = "1.5"

    @staticmethod
    def devices():
        return [("gpu:0", "A card")]

    def load(self, model, options):
        print("noise on standard output")
        self.input = ("x", "f32", [-1, 3, -1, -1])
        self.output = ("y", "u8", [-1, -1, -1])
        self.device_name = f"{options.device} with {model.folder.name}"
        self.notes = ["slow"]

    def infer(self, batch, lane):
        return (batch[:, 0] > 0).astype(np.uint8)

class NoInfer:
    def load(self, model, options):
        pass

not_a_class = 3
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "my_engine.py").write_text(GOOD)
    (tmp_path / "needs_more.py").write_text("import a_package_that_is_nowhere\n")
    (tmp_path / "broken.py").write_text("1 / 0\n")
    return tmp_path


def describe(folder, *arguments):
    worker = subprocess.run(
        [sys.executable, "-m", "segfleet.worker", *arguments], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert worker.stdout.count("\n") == 1, worker.stdout + worker.stderr
    return json.loads(worker.stdout)


def test_an_engine_class_tells_its_version_and_devices(folder):
    assert describe(folder, "--describe-engine", "my_engine:Engine") == {
        "version": "1.5",
        "devices": [{"name": "gpu:0", "description": "A card"}],
    }


def test_what_an_engine_sets_in_load_is_described_and_its_noise_stays_out(folder):
    model = os.path.join(os.path.dirname(__file__), "../../models/demo")
    told = describe(folder, "--describe-model", model, "--engine", "my_engine:Engine")
    assert told["name"] == "Engine"
    assert told["device_name"] == "cpu with demo"
    assert told["input"] == {"name": "x", "type": "f32", "shape": [-1, 3, -1, -1]}
    assert told["output"]["type"] == "u8"
    assert told["notes"] == ["slow"]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("nowhere:Engine", "engine_unavailable", "there is no module nowhere"),
        ("my_engine:Other", "engine_unavailable", "module my_engine has no class Other"),
        ("my_engine:not_a_class", "engine_unavailable", "module my_engine has no class not_a_class"),
        ("my_engine:NoInfer", "engine_unavailable", "class NoInfer has no infer()"),
        ("needs_more:Engine", "engine_unavailable", "needs a_package_that_is_nowhere, which is not installed"),
        ("broken:Engine", "engine_error", "ZeroDivisionError: division by zero (at broken.py:1)"),
        ("nonsense", "invalid_argument", "neither one of paddle, onnxruntime nor a class"),
    ],
)
def test_a_name_that_means_no_engine_is_refused_in_words(folder, name, code, words):
    error = describe(folder, "--describe-engine", name)["error"]
    assert error["code"] == code
    assert words in error["message"]
