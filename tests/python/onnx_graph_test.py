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


@pytest.mark.parametrize("end", ["argmax", "argmax_kept"])
def test_the_scores_of_a_cut_graph_have_its_labels(end):
    graph, batch = segmenter(end=end), pictures(2, 3, 8, 9)
    (scores,) = run(cut_argmax(graph), batch)
    (labels,) = run(graph, batch)
    assert scores.dtype == np.float32 and scores.shape == (2, 5, 8, 9)
    assert np.array_equal(scores.argmax(axis=1), labels.reshape(2, 8, 9))


def test_the_demo_model_is_cut():
    batch = pictures(1, 3, 512, 512)
    (scores,) = run(cut_argmax(DEMO), batch)
    (labels,) = run(str(DEMO), batch)
    assert scores.shape[2:] == (512, 512)
    assert np.array_equal(scores.argmax(axis=1), labels)


def test_the_engine_gives_scores_where_it_is_told_to(tmp_path):
    class WithScores:
        def __init__(self, options):
            self._options = options
            self.scores = True

        def __getattr__(self, name):
            return getattr(self._options, name)

    package = load_model_package(write_package(tmp_path / "model", segmenter()))
    engine = OnnxRuntimeEngine()
    engine.load(package, WithScores(EngineOptions(threads=1)))
    assert engine.output == ("scores", "f32", [-1, 5, -1, -1])
    assert engine.class_count == 5
    assert engine.infer(pictures(1, 3, 8, 8), 0).shape == (1, 5, 8, 8)


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


def other_axis():
    nodes = [onnx_writer.node("ArgMax", ["x"], ["y"], axis=2, keepdims=0)]
    ports = [("x", onnx_writer.FLOAT, ("n", 3, "h", "w")), ("y", onnx_writer.INT64, ("n", 3, "w"))]
    return onnx_writer.model(nodes, ports[:1], ports[1:])


@pytest.mark.parametrize(
    ("graph", "error", "words"),
    [
        (segmenter(end="scores"), errors.InvalidArgument, "does not come from an ArgMax but from Conv"),
        (other_axis(), errors.InvalidArgument, "runs over axis 2"),
        (b"\xff\xff", errors.ModelInvalid, "not an ONNX graph"),
        (b"", errors.ModelInvalid, "no output"),
        ("/nowhere/model.onnx", errors.NotFound, "/nowhere/model.onnx"),
    ],
    ids=["scores", "another axis", "broken", "empty", "missing"],
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
