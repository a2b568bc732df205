# SPDX-License-Identifier: Apache-2.0
"""cut_argmax(): an ONNX graph that gives its scores. Run by the Python that has the onnx package."""

import pathlib
import subprocess
import sys

import numpy as np
import onnx_writer
import onnxruntime
import pytest
from onnx_writer import segmenter, write_package
from segfleet import EngineOptions, errors, load_model_package
from segfleet.engines.onnx_graph import cut_argmax
from segfleet.engines.onnxruntime import OnnxRuntimeEngine

DEMO = pathlib.Path(__file__).parents[2] / "models/demo/model.onnx"


def run(graph, batch):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: batch})


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize("end", ["argmax", "argmax_kept", "softmax_argmax"])
def test_the_scores_of_a_cut_graph_have_its_labels(end):
    graph, batch = segmenter(end=end), pictures(2, 3, 8, 9)
    (scores,) = run(cut_argmax(graph), batch)
    (labels,) = run(graph, batch)
    assert scores.dtype == np.float32 and scores.shape == (2, 5, 8, 9)
    assert np.array_equal(scores.argmax(axis=1), labels.reshape(2, 8, 9))


def test_a_softmax_before_the_argmax_is_cut_too_so_that_logits_come_out():
    batch = pictures(2, 3, 8, 9)
    (logits,) = run(segmenter(end="scores"), batch)
    (cut,) = run(cut_argmax(segmenter(end="softmax_argmax")), batch)
    assert np.array_equal(cut, logits)


def test_a_softmax_over_another_axis_stays():
    shape = ("n", 3, "h", "w")
    nodes = [
        onnx_writer.node("Softmax", ["x"], ["s"], axis=3),
        onnx_writer.node("ArgMax", ["s"], ["labels"], axis=1, keepdims=0),
    ]
    ports = [("x", onnx_writer.FLOAT, shape)], [("labels", onnx_writer.INT64, ("n", "h", "w"))]
    (scores,) = run(cut_argmax(onnx_writer.model(nodes, *ports)), pictures(1, 3, 4, 5))
    assert np.allclose(scores.sum(axis=3), 1)


@pytest.mark.parametrize("end", ["scores", "softmax"])
def test_a_graph_that_gives_scores_is_left_as_it_is(end):
    assert cut_argmax(segmenter(end=end)) is None


def test_the_demo_model_is_cut():
    batch = pictures(1, 3, 512, 512)
    (scores,) = run(cut_argmax(DEMO), batch)
    (labels,) = run(str(DEMO), batch)
    assert scores.shape[2:] == (512, 512)
    assert np.array_equal(scores.argmax(axis=1), labels)


class WithScores:
    scores = True

    def __getattr__(self, name):
        return getattr(EngineOptions(threads=1), name)


def scores_of_engine(folder, end, output_op):
    engine = OnnxRuntimeEngine()
    engine.load(load_model_package(write_package(folder, segmenter(end=end), output_op)), WithScores())
    assert engine.output[1:] == ("f32", [-1, 5, -1, -1])
    assert engine.class_count == 5
    return engine.infer(pictures(1, 3, 8, 8), 0)


@pytest.mark.parametrize(
    ("end", "output_op", "same_as"),
    [
        ("argmax", "argmax", "scores"),
        ("softmax_argmax", "argmax", "scores"),
        ("scores", "argmax", "scores"),
        ("scores", "none", "scores"),
        ("softmax", "softmax", "softmax"),
    ],
)
def test_the_engine_gives_scores_where_it_is_told_to(tmp_path, end, output_op, same_as):
    (expected,) = run(segmenter(end=same_as), pictures(1, 3, 8, 8))
    assert np.array_equal(scores_of_engine(tmp_path / "model", end, output_op), expected)


def test_the_engine_refuses_labels_where_the_package_says_probabilities(tmp_path):
    with pytest.raises(errors.ModelInvalid, match="output_op is softmax, but .* holds integer labels"):
        scores_of_engine(tmp_path / "model", "softmax_argmax", "softmax")


def test_what_hangs_on_the_argmax_alone_is_gone():
    shape = ("n", 3, "h", "w")
    nodes = [
        onnx_writer.node("Relu", ["x"], ["a"]),
        onnx_writer.node("Exp", ["x"], ["unused"]),
        onnx_writer.node("ArgMax", ["a"], ["i"], axis=1, keepdims=0),
        onnx_writer.node("Identity", ["i"], ["labels"]),
    ]
    outputs = [("labels", onnx_writer.INT64, ("n", "h", "w")), ("unused", onnx_writer.FLOAT, shape)]
    cut = cut_argmax(onnx_writer.model(nodes, [("x", onnx_writer.FLOAT, shape)], outputs))
    assert b"Exp" not in cut and b"ArgMax" not in cut
    (scores,) = run(cut, pictures(1, 3, 4, 4))
    assert np.array_equal(scores, np.maximum(pictures(1, 3, 4, 4), 0))


def labels_without_argmax():
    shape = ("n", 3, "h", "w")
    nodes = [onnx_writer.node("Cast", ["x"], ["y"], to=onnx_writer.INT64)]
    return onnx_writer.model(nodes, [("x", onnx_writer.FLOAT, shape)], [("y", onnx_writer.INT64, shape)])


def other_axis():
    nodes = [onnx_writer.node("ArgMax", ["x"], ["y"], axis=2, keepdims=0)]
    ports = [("x", onnx_writer.FLOAT, ("n", 3, "h", "w")), ("y", onnx_writer.INT64, ("n", 3, "w"))]
    return onnx_writer.model(nodes, ports[:1], ports[1:])


@pytest.mark.parametrize(
    ("graph", "error", "words"),
    [
        (labels_without_argmax(), errors.InvalidArgument, "labels that do not come from an ArgMax"),
        (other_axis(), errors.InvalidArgument, "runs over axis 2"),
        (b"\xff\xff", errors.ModelInvalid, "not an ONNX graph"),
        (b"", errors.ModelInvalid, "no output"),
        ("/nowhere/model.onnx", errors.NotFound, "/nowhere/model.onnx"),
    ],
    ids=["labels of no ArgMax", "another axis", "broken", "empty", "missing"],
)
def test_a_graph_that_cannot_be_cut_is_refused(graph, error, words):
    with pytest.raises(errors.Error) as raised:
        cut_argmax(graph)
    assert type(raised.value) is error, raised.value
    assert words in str(raised.value)


def test_a_missing_onnx_package_is_named_with_the_pip_line():
    code = (
        "import sys; sys.modules['onnx'] = None\n"
        "from segfleet.engines.onnx_graph import cut_argmax\n"
        "from segfleet.errors import EngineUnavailable\n"
        "try:\n    cut_argmax(b'')\nexcept EngineUnavailable as error:\n    print(error)\n"
    )
    run_alone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "pip install onnx" in run_alone.stdout, run_alone.stderr
