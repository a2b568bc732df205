# SPDX-License-Identifier: Apache-2.0
"""The parts of segfleet.convert that need no Paddle: agreement, cache, messages."""

import importlib.util
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from segfleet import convert, load_model_package
from segfleet.conversion import cache, child, packages
from segfleet.conversion.agreement import TIE, Agreement, compare
from segfleet.conversion.random_input import random_input, shapes_of
from segfleet.conversion.sizes import only_size, usual_size
from segfleet.errors import EngineUnavailable, IoError, NotFound, PermissionDenied

DEMO = Path(__file__).parents[2] / "models/demo"


def labels(*values):
    return np.array(values, np.int32).reshape(1, 1, -1)


def scores(*pixels):
    """1×C×1×W from one tuple of scores a pixel."""
    return np.array(pixels, np.float32).T[None, :, None, :]


def test_equal_labels_are_trusted():
    found = compare(labels(0, 1, 2), labels(0, 1, 2).astype(np.int64))
    assert found == Agreement(3, 3)
    assert found.trusted


def test_a_differing_label_is_counted_and_its_gap_measured():
    found = compare(labels(0, 1), labels(0, 0), scores((5, 1), (2, 2.5)))
    assert (found.pixels, found.equal) == (2, 1)
    assert found.widest_gap == pytest.approx(0.1)
    assert not found.trusted


def test_few_near_ties_are_trusted_and_wide_gaps_are_not():
    many = labels(*[0] * 10_000)
    other = many.copy()
    other[0, 0, 7] = 1
    near = np.zeros((1, 2, 1, 10_000), np.float32)
    near[0, 0] = 1
    near[0, 1, 0, 7] = 1 - TIE / 2
    assert compare(many, other, near).trusted
    near[0, 1, 0, 7] = 1 - 2 * TIE
    assert not compare(many, other, near).trusted
    assert compare(many, other).trusted  # without scores the share alone decides


def test_scores_are_compared_by_their_highest_class():
    assert compare(scores((1, 2), (4, 3)), scores((1, 9), (4, 3))) == Agreement(2, 2)
    found = compare(scores((1, 2), (4, 3)), scores((3, 2), (4, 3)))
    assert found.equal == 1
    assert found.widest_gap == pytest.approx(0.25)


def test_scores_of_one_class_are_compared_themselves():
    assert compare(scores((1,), (4,)), scores((1,), (4.001,))).trusted
    assert compare(scores((1,), (4,)), scores((1,), (4.1,))).equal == 1


@pytest.mark.parametrize(
    ("expected", "found", "words"),
    [
        (labels(0, 1), labels(0, 1, 2), "shape"),
        (scores((1, 2)), scores((np.nan, 2)), "not finite"),
        (scores((np.inf, 2)), scores((1, 2)), "not finite"),
    ],
)
def test_what_cannot_be_compared_is_an_error(expected, found, words):
    with pytest.raises(ValueError, match=words):
        compare(expected, found)


def test_comparisons_add_up():
    total = Agreement()
    assert not total.trusted  # nothing was compared
    total.add(Agreement(10, 10))
    total.add(Agreement(10, 9, 0.5))
    assert total == Agreement(20, 19, 0.5)


def test_open_extents_are_tried_twice():
    assert shapes_of([1, 3, 64, 96], 32, 32) == [(1, 3, 64, 96)]
    assert shapes_of([0, 3, -1, 96], 32, 48) == [(1, 3, 32, 96), (2, 3, 64, 96)]
    assert random_input(3, (1, 3, 8, 9)).shape == (1, 3, 8, 9)
    assert np.array_equal(random_input(3, (1, 3, 8, 9)), random_input(3, (1, 3, 8, 9)))


def write_package(folder, deploy):
    folder.mkdir()
    (folder / "model.onnx").write_text("graph")
    (folder / "deploy.yaml").write_text(f"Deploy: {{model: model.onnx, output_op: argmax{deploy}}}\n")
    return folder


@pytest.mark.parametrize(
    ("deploy", "size"),
    [
        ("", (512, 512)),
        (", input_shape: [null, 3, 64, null]", (64, 512)),
        (", transforms: [{type: Resize, target_size: [40, 30]}]", (30, 40)),
        (", input_shape: [null, 3, 64, null], transforms: [{type: Resize, target_size: [40, 64]}]", (64, 40)),
    ],
)
def test_the_size_for_open_extents_is_what_the_configuration_says(tmp_path, deploy, size):
    assert usual_size(load_model_package(write_package(tmp_path / "package", deploy))) == size


@pytest.mark.parametrize(
    ("transforms", "size"),
    [
        ("null", None),
        ("[{type: Resize, target_size: [40, 30]}, {type: Normalize}]", (30, 40)),
        ("[{type: Resize, target_size: [40, 30], size_divisor: 32}]", (32, 64)),
        ("[{type: Resize, target_size: [40, 30], keep_ratio: true}]", None),
        ("[{type: Resize, target_size: [40, 30], keep_ratio: true}, {type: Padding, target_size: [48, 40]}]", (40, 48)),
        ("[{type: Resize, target_size: [40, 30]}, {type: ResizeByLong, long_size: 9}]", None),
        ("[{type: Resize, target_size: [40, 30]}, {type: PaddingByAspectRatio}]", None),
    ],
)
def test_the_only_size_is_what_the_transforms_leave_no_choice_about(tmp_path, transforms, size):
    package = write_package(tmp_path / "package", f", transforms: {transforms}")
    assert only_size(load_model_package(package)) == size


@pytest.fixture
def cache_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "segfleet" / "converted"


def finished(folder):
    """A sound entry."""
    write_package(folder, "")
    (folder / cache.RECORD).write_text(json.dumps({"fingerprint": load_model_package(folder).fingerprint}))
    return folder


def test_the_cache_is_where_xdg_says(cache_home, monkeypatch):
    assert cache.root() == cache_home
    for value in ("relative", ""):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert cache.root() == Path.home() / ".cache/segfleet/converted"


def test_a_damaged_entry_is_not_taken_and_is_replaced(cache_home):
    name = cache.entry_name("model", "converter")
    with cache.work_folder(cache.root()) as work:
        entry = cache.publish(finished(work / "package"), cache.root() / name)
    assert cache.find(name) == entry
    (entry / "model.onnx").write_text("grape")
    assert cache.find(name) is None
    with cache.work_folder(cache.root()) as work:
        assert cache.publish(finished(work / "package"), entry) == entry
    assert cache.find(name) == entry
    assert list(cache_home.iterdir()) == [entry]


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json"])
def test_an_entry_with_a_broken_record_is_not_taken(cache_home, text):
    cache_home.mkdir(parents=True)
    entry = finished(cache_home / cache.entry_name("model", "converter"))
    (entry / cache.RECORD).write_text(text)
    assert cache.find(entry.name) is None


def test_the_entry_that_came_first_stays(cache_home):
    with cache.work_folder(cache.root()) as first, cache.work_folder(cache.root()) as second:
        entry = cache.publish(finished(first / "package"), cache.root() / "entry")
        inode = entry.stat().st_ino
        assert cache.publish(finished(second / "package"), cache.root() / "entry") == entry
    assert entry.stat().st_ino == inode
    assert list(cache_home.iterdir()) == [entry]


def test_another_converters_entry_will_do_where_none_is_installed(cache_home):
    cache_home.mkdir(parents=True)
    entry = finished(cache_home / cache.entry_name("model", "old converter"))
    assert cache.find(cache.entry_name("model", "new converter")) is None
    assert cache.find(cache.entry_name("model", "new converter"), any_converter=True) == entry
    assert cache.find(cache.entry_name("other model", "old converter"), any_converter=True) is None


def test_work_that_a_killed_conversion_left_behind_goes_after_a_day(cache_home):
    old, young = cache_home / ".work-old", cache_home / ".work-young"
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (0, time.time() - 2 * 24 * 3600))
    with cache.work_folder(cache_home):
        assert not old.exists()
        assert young.exists()


def test_a_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    words = "cannot write a converted model into .*file/segfleet/converted"
    with pytest.raises(IoError, match=words), cache.work_folder(cache.root()):
        pass
    with pytest.raises(PermissionDenied), cache.os_errors(tmp_path):
        raise PermissionError(13, "Permission denied")


def test_a_childs_failure_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "talks.py").write_text(
        "import os, sys\n"
        "print('x' * 5_000_000)\nprint('ValueError: no \\x1b[31m such op')\nprint('at the end')\n"
        "os.abort() if sys.argv[1] == 'abort' else sys.exit(int(sys.argv[1]))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert child.run("talks", ["0"], tmp_path) is None
    assert child.run("talks", ["3"], tmp_path) == "ValueError: no  [31m such op (status 3)"
    assert child.run("talks", ["abort"], tmp_path) == "ValueError: no  [31m such op (signal 6)"
    (tmp_path / "marks.py").write_text(
        "print('[ERROR][Paddle2ONNX] [OP: pool2d] why')\nprint('[ERROR][Paddle2ONNX] more')\n1 / 0\n"
    )
    assert child.run("marks", [], tmp_path) == "[OP: pool2d] why (status 1)"
    (tmp_path / "silent.py").write_text("raise SystemExit(1)")
    assert child.run("silent", [], tmp_path) == "it printed nothing (status 1)"


def test_packages_that_are_missing_are_named_with_one_pip_line(monkeypatch, cache_home):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert packages.checker() is None
    with pytest.raises(
        EngineUnavailable,
        match="needs paddlepaddle, paddle2onnx, onnx, onnxruntime, not installed in this Python: "
        "pip install paddlepaddle paddle2onnx onnx onnxruntime$",
    ):
        convert.to_onnx(DEMO / "deploy_paddle.yaml")
    assert not cache_home.exists()


def test_versions_are_told_without_an_import():
    assert packages.version_of("numpy") == f"numpy {np.__version__}"
    assert packages.version_of("a_package_that_is_nowhere") == "a_package_that_is_nowhere unknown"


def test_the_command_says_what_is_wrong_in_one_line(capsys, tmp_path):
    assert convert.main([str(DEMO)]) == 2
    assert convert.main([str(tmp_path / "nowhere")]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 2
    assert "(not_found)" in told.err
    with pytest.raises(NotFound):
        convert.to_onnx(tmp_path / "nowhere")


def test_converting_imports_no_paddle():
    assert not {"paddle", "paddle2onnx", "onnx", "onnxruntime", "openvino"} & set(sys.modules)
