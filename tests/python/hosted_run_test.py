# SPDX-License-Identifier: Apache-2.0
"""`segfleet run` with a user's own engine class, through real worker processes."""

import os
import sys

import cv2
import numpy as np
import pytest
from PIL import Image
from segfleet_cli import run, segfleet, write_picture

ENGINE = """
import os
import time

import numpy as np


class Bright:
    version = "1"

    def load(self, model, options):
        self.notes = [f"option: {options.extra.get('level', 'none')}"]

    def infer(self, batch, lane):
        return (batch[:, 0] > 0).astype(np.uint8)


class Faulty(Bright):
    def infer(self, batch, lane):
        if batch[0, 0, 0, 0] == 1:  # the top left pixel is white
            self.fault()
        return super().infer(batch, lane)


class Labels(Bright):
    output = ("labels", "u8", [-1, -1, -1])


class Raises(Faulty):
    def fault(self):
        raise KeyError("a key of mine")


class Exits(Faulty):
    def fault(self):
        os._exit(3)


class SystemExits(Faulty):
    def fault(self):
        raise SystemExit(3)


class Hangs(Faulty):
    def fault(self):
        time.sleep(3600)


class NoLoad(Bright):
    def load(self, model, options):
        raise RuntimeError("the licence has run out")


class Noisy(Bright):
    def infer(self, batch, lane):
        print("x" * 3_000_000)
        return super().infer(batch, lane)
"""

DEPLOY = """Deploy:
  model: graph.onnx
  transforms:
  - type: Normalize
  output_op: argmax
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "own_engine.py").write_text(ENGINE)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "deploy.yaml").write_text(DEPLOY)
    (tmp_path / "model" / "graph.onnx").write_bytes(b"never opened by this engine")
    for seed in range(4):
        write_picture(tmp_path / "pictures" / f"{seed}.png", seed=seed)
    white = np.zeros((48, 64, 3), np.uint8)
    white[0, 0] = 255
    cv2.imwrite(str(tmp_path / "pictures" / "white.png"), white)
    return tmp_path


def run_with(place, engine, *more):
    environment = {**os.environ, "SEGFLEET_PYTHON": sys.executable}
    return run("model", "pictures", "out", "--engine", f"own_engine:{engine}", *more, cwd=place, env=environment)


def test_a_class_in_the_current_folder_makes_the_masks(place):
    ended = run_with(place, "Bright", "--engine-option", "level=3")
    assert ended.status == 0, ended
    for seed in range(4):
        red = cv2.imread(str(place / "pictures" / f"{seed}.png"))[:, :, 2]
        mask = np.array(Image.open(place / "out" / "masks" / f"{seed}.png"))
        np.testing.assert_array_equal(mask, red > 127)
    assert any(event.get("text") == "option: 3" for event in ended.events), ended


def test_fast_decode_serves_a_class_as_well(place):
    resize = "  - type: Resize\n    target_size: [32, 24]\n  - type: Normalize"
    (place / "model" / "deploy.yaml").write_text(DEPLOY.replace("  - type: Normalize", resize))
    write_picture(place / "pictures" / "half.jpg", 64, 48, seed=9)
    ended = run_with(place, "Bright", "--fast-decode")
    assert ended.status == 0, ended
    assert (ended.last["fast_decode"]["reduced"], ended.last["fast_decode"]["compared"]) == (1, 1)
    reduced = cv2.imread(str(place / "pictures" / "half.jpg"), cv2.IMREAD_REDUCED_COLOR_2)[:, :, 2]
    mask = np.array(Image.open(place / "out" / "masks" / "half.png"))
    np.testing.assert_array_equal(mask, np.repeat(np.repeat(reduced > 127, 2, 0), 2, 1))


@pytest.mark.parametrize(
    ("engine", "code", "words"),
    [
        ("Raises", "engine_error", "KeyError: 'a key of mine' (at own_engine.py:"),
        ("SystemExits", "engine_error", "SystemExit: 3"),
        ("Exits", "worker_crashed", "exited with status 3"),
    ],
)
def test_an_engine_that_fails_one_picture_costs_one_picture(place, engine, code, words):
    ended = run_with(place, engine)
    assert ended.status == 3, ended
    failed = [event for event in ended.events if event.get("event") == "item" and not event["done"]]
    assert [(event["error"]["code"], os.path.basename(event["input"])) for event in failed] == [(code, "white.png")], (
        ended
    )
    assert words in failed[0]["error"]["message"]


def test_an_engine_that_hangs_costs_one_picture(place):
    ended = run_with(place, "Hangs", "--item-timeout", "2", "--devices", "cpu")
    assert ended.status == 3, ended
    failed = [event for event in ended.events if event.get("event") == "item" and not event["done"]]
    assert [os.path.basename(event["input"]) for event in failed] == ["white.png"]


def test_an_engine_that_prints_megabytes_keeps_the_results_clean(place):
    ended = run_with(place, "Noisy")
    assert ended.status == 0, ended
    assert ended.last["event"] == "ended"  # every line of standard output was JSON


def test_an_engine_that_cannot_load_ends_the_run_with_its_words(place):
    ended = run_with(place, "NoLoad")
    assert ended.status == 1, ended
    assert "RuntimeError: the licence has run out (at own_engine.py:" in ended.last["error"]["message"]


def test_an_engine_that_passes_over_restore_logits_is_refused_once(place):
    ended = run_with(place, "Labels", "--restore", "logits")
    assert ended.status == 2, ended
    assert "engine own_engine:Labels gives labels" in ended.last["error"]["message"]
    assert ended.out.count("--restore logits") == 1, ended


def test_an_engine_that_is_not_there_is_refused_before_anything_is_made(place):
    ended = run("model", "pictures", "out", "--engine", "nowhere:Engine", "--python", sys.executable, cwd=place)
    assert ended.status == 1
    assert ended.last["error"]["code"] == "engine_unavailable"
    assert not (place / "out").exists()


def bare_environment():
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def write_pir_package(folder):
    folder.mkdir()
    (folder / "model.json").write_text('{"base_code": {"magic": "pir"}}')
    (folder / "model.pdiparams").write_bytes(b"x")
    (folder / "deploy.yaml").write_text(
        "Deploy:\n  model: model.json\n  params: model.pdiparams\n  output_op: argmax\n  transforms:\n"
        "  - type: Normalize\n"
    )


@pytest.mark.parametrize(
    ("words", "task", "line"),
    [
        (["run", "--engine", "own_engine:Bright"], "hosts engine own_engine:Bright", "-m pip install ."),
        (["run", "--engine", "auto"], "converts models", "-m pip install '.[convert]'"),
        (["inspect", "pir"], "converts models", "-m pip install '.[convert]'"),
        (["inspect", "pir", "--engine", "paddle"], "hosts engine paddle", "-m pip install ."),
        (["convert", "pir"], "converts models", "-m pip install '.[convert]'"),
    ],
    ids=" ".join,
)
def test_a_python_without_the_package_is_named_once_with_the_mend(place, words, task, line):
    write_pir_package(place / "pir")
    if words[0] == "run":
        words = [*words, "--devices", "cpu", "--model", "pir", "--input", "pictures", "--output", "out"]
    ended = segfleet(*words, "--python", sys.executable, cwd=place, env=bare_environment())
    assert ended.status == 1
    assert f"{sys.executable} lacks the package segfleet, which {task}: `{sys.executable} {line}`" in ended.err
    assert "--python or SEGFLEET_PYTHON" in ended.err
    assert ended.err.count("\n") == 1, ended  # nothing of Python's own


def test_a_package_that_python_cannot_use_is_told_from_one_that_is_missing(place):
    (place / "elsewhere" / "segfleet").mkdir(parents=True)
    (place / "elsewhere" / "segfleet" / "__init__.py").write_text("raise ImportError('made for another Python')")
    ended = segfleet(
        *["inspect", "model", "--engine", "own_engine:Bright", "--python", sys.executable],
        cwd=place,
        env={**bare_environment(), "PYTHONPATH": str(place / "elsewhere")},
    )
    assert ended.status == 1
    assert "cannot use its package segfleet" in ended.err
    assert "(ImportError: made for another Python)" in ended.err


def test_a_program_that_is_no_python_is_named(place):
    ended = segfleet("inspect", "model", "--engine", "own_engine:Bright", "--python", "/bin/false", cwd=place)
    assert ended.status == 1
    assert "/bin/false runs no Python code" in ended.err
