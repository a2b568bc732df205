# SPDX-License-Identifier: Apache-2.0
"""byte_labels(): a graph whose labels come out as bytes, and are the same. Computed by ONNX Runtime on the CPU."""

import pathlib

import numpy as np
import onnx_writer
import onnxruntime
import pytest
from onnx_writer import segmenter, write_package
from segfleet import EngineOptions, load_model_package
from segfleet.engines.onnx_labels import LABELS, byte_labels
from segfleet.engines.onnxruntime.session import graph_of
from segfleet.engines.onnxruntime.settings import read_settings

DEMO = pathlib.Path(__file__).parents[2] / "models/demo/model.onnx"


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


def outputs_of(graph, batch):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return session, session.run(None, {session.get_inputs()[0].name: batch})


def file_of(folder, graph):
    path = folder / "model.onnx"
    path.write_bytes(graph)
    return path


@pytest.mark.parametrize("end", ["argmax", "argmax_kept"])
@pytest.mark.parametrize("label_type", [onnx_writer.INT32, onnx_writer.INT64, onnx_writer.INT8])
def test_labels_are_the_same_as_bytes(tmp_path, end, label_type):
    graph, batch = segmenter(end=end, label_type=label_type), pictures(2, 3, 8, 9)
    session, (labels,) = outputs_of(byte_labels(file_of(tmp_path, graph), of_scores=False), batch)
    _, (expected,) = outputs_of(graph, batch)
    assert labels.dtype == np.uint8 and labels.shape == expected.shape
    assert np.array_equal(labels, expected)
    assert session.get_outputs()[0].name == LABELS


def test_the_demo_models_labels_are_the_same():
    batch = pictures(1, 3, 512, 512)
    _, (labels,) = outputs_of(byte_labels(DEMO, of_scores=False), batch)
    _, (expected,) = outputs_of(str(DEMO), batch)
    assert labels.dtype == np.uint8 and np.array_equal(labels, expected)


def test_a_label_above_255_wraps_as_the_worker_has_it(tmp_path):
    graph = segmenter(classes=300)
    batch = pictures(1, 3, 32, 32)
    _, (labels,) = outputs_of(byte_labels(file_of(tmp_path, graph), of_scores=False), batch)
    _, (expected,) = outputs_of(graph, batch)
    assert expected.max() > 255
    assert np.array_equal(labels, expected & 0xFF)


def test_labels_of_scores_are_the_first_of_the_best_classes(tmp_path):
    graph, batch = segmenter(end="scores"), pictures(2, 3, 8, 9)
    batch[0] = 0  # every class ties
    _, (labels,) = outputs_of(byte_labels(file_of(tmp_path, graph), of_scores=True), batch)
    _, (scores,) = outputs_of(graph, batch)
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, scores.argmax(axis=1)) and (labels[0] == 0).all()


def test_other_outputs_stay_behind_it(tmp_path):
    shape = ("n", 3, "h", "w")
    nodes = [
        onnx_writer.node("ArgMax", ["x"], ["labels"], axis=1, keepdims=0),
        onnx_writer.node("Exp", ["x"], ["other"]),
    ]
    outputs = [("labels", onnx_writer.INT64, ("n", "h", "w")), ("other", onnx_writer.FLOAT, shape)]
    graph = onnx_writer.model(nodes, [("x", onnx_writer.FLOAT, shape)], outputs)
    session, _ = outputs_of(byte_labels(file_of(tmp_path, graph), of_scores=False), pictures(1, 3, 4, 4))
    assert [output.name for output in session.get_outputs()] == [LABELS, "other"]


@pytest.mark.parametrize(
    ("graph", "of_scores"),
    [
        (segmenter(end="scores"), False),
        (segmenter(end="scores", classes=1), True),
        (segmenter(label_type=onnx_writer.UINT8), False),
        (b"", False),
        (b"\xff\xff\xff", False),
        (segmenter()[:-9], False),
    ],
    ids=["scores", "one class", "bytes already", "empty", "broken", "cut short"],
)
def test_what_cannot_or_need_not_be_changed_is_left_as_it_is(tmp_path, graph, of_scores):
    assert byte_labels(file_of(tmp_path, graph), of_scores) is None


def test_a_file_that_is_missing_is_left_to_onnx_runtime(tmp_path):
    assert byte_labels(tmp_path / "none.onnx", of_scores=False) is None


@pytest.mark.parametrize(
    ("end", "options", "changed"),
    [
        ("argmax", {"device": "gpu:0"}, True),
        ("argmax", {"device": "cpu"}, False),
        ("argmax", {"device": "gpu:0", "extra": {"tensorrt": "1"}}, False),
        ("scores", {"device": "gpu:0"}, False),
        ("scores", {"device": "gpu:0", "labels_suffice": True}, True),
        ("scores", {"device": "cpu", "labels_suffice": True}, False),
    ],
)
def test_the_engine_takes_it_on_a_card_and_of_scores_where_labels_suffice(tmp_path, end, options, changed):
    package = load_model_package(write_package(tmp_path / "model", segmenter(end=end)))
    options = EngineOptions(**options)
    graph = graph_of(package, read_settings(options), options)
    assert (isinstance(graph, bytes) and LABELS.encode() in graph) == changed
    assert changed or graph == str(package.graph_path)
