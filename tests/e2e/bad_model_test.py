# SPDX-License-Identifier: Apache-2.0
"""A model package that cannot be run ends the run with one line that names the file and the cause."""

import pytest
from segfleet_cli import copy_demo_model, run, segfleet, write_pictures


@pytest.fixture
def inputs(tmp_path):
    write_pictures(tmp_path / "in", 2)
    return tmp_path / "in"


def refused(model, inputs, tmp_path, *more) -> dict:
    ended = run(model, inputs, tmp_path / "out", *more)
    assert ended.status in (1, 2), ended
    assert ended.last["event"] == "error"
    assert list((tmp_path / "out").rglob("*.png")) == []
    return ended.last["error"]


def test_a_missing_folder(inputs, tmp_path):
    error = refused(tmp_path / "nowhere", inputs, tmp_path)
    assert error["code"] == "not_found"
    assert "nowhere" in error["message"]


def test_an_empty_folder(inputs, tmp_path):
    (tmp_path / "empty").mkdir()
    error = refused(tmp_path / "empty", inputs, tmp_path)
    assert "deploy.yaml" in error["message"]


@pytest.mark.parametrize(
    "text",
    ["Deploy: [unclosed", "[" * 100_000, "x: " + "a" * (2 << 20), "\x00\x01\x02", ""],
    ids=["not yaml", "too deep", "too large", "binary", "no bytes"],
)
def test_a_deploy_yaml_that_is_none(text, inputs, tmp_path):
    model = copy_demo_model(tmp_path)
    (model / "deploy.yaml").write_text(text)
    error = refused(model, inputs, tmp_path)
    assert error["code"] == "model_invalid"
    assert "deploy.yaml" in error["message"]
    assert len(error["message"]) < 1000


def test_an_unknown_transform_lists_the_supported_ones(inputs, tmp_path):
    model = copy_demo_model(tmp_path)
    text = (model / "deploy.yaml").read_text().replace("type: Resize", "type: RandomWarp")
    (model / "deploy.yaml").write_text(text)
    error = refused(model, inputs, tmp_path)
    assert error["code"] == "model_unsupported"
    for word in ["RandomWarp", "ResizeByShort", "PaddingByAspectRatio", "Normalize"]:
        assert word in error["message"]


def test_a_missing_graph(inputs, tmp_path):
    model = copy_demo_model(tmp_path)
    (model / "model.onnx").unlink()
    assert "model.onnx" in refused(model, inputs, tmp_path)["message"]


def test_a_damaged_graph(inputs, tmp_path):
    model = copy_demo_model(tmp_path)
    graph = (model / "model.onnx").read_bytes()
    (model / "model.onnx").write_bytes(graph[: len(graph) // 2])
    error = refused(model, inputs, tmp_path)
    assert error["code"] in ("model_invalid", "model_unsupported")
    assert "model.onnx" in error["message"]


def openvino_model(folder, channels: int = 3, inputs: int = 1, batch: int = 1):
    """A package whose graph is an ArgMax over a 1x1 convolution, as OpenVINO writes it."""
    import numpy as np
    import openvino as ov
    from openvino import opset13 as op

    folder.mkdir()
    parameters = [op.parameter([batch, channels, 32, 32], np.float32, name=f"x{i}") for i in range(inputs)]
    total = parameters[0]
    for other in parameters[1:]:
        total = op.add(total, other)
    weights = op.constant(np.random.default_rng(1).standard_normal((4, channels, 1, 1)).astype(np.float32))
    scores = op.convolution(total, weights, [1, 1], [0, 0], [0, 0], [1, 1])
    best = op.topk(scores, op.constant(1), 1, "max", "none", index_element_type="i32")
    labels = op.squeeze(best.output(1), op.constant([1]))
    ov.save_model(ov.Model([labels], parameters), folder / "model.xml", compress_to_fp16=False)
    (folder / "deploy.yaml").write_text(
        "Deploy:\n  model: model.xml\n  params: model.bin\n  output_op: argmax\n  output_dtype: int32\n"
        "  transforms:\n  - {type: Resize, target_size: [32, 32]}\n  - {type: Normalize}\n"
    )
    return folder


def test_weights_that_are_missing(inputs, tmp_path):
    model = openvino_model(tmp_path / "model")
    (model / "model.bin").unlink()
    assert "model.bin" in refused(model, inputs, tmp_path)["message"]


def test_a_sound_openvino_package_runs(inputs, tmp_path):
    assert run(openvino_model(tmp_path / "model"), inputs, tmp_path / "out").status == 0


def test_a_graph_with_two_inputs(inputs, tmp_path):
    error = refused(openvino_model(tmp_path / "model", inputs=2), inputs, tmp_path)
    assert error["code"] == "model_unsupported"
    assert "x0" in error["message"]
    assert "x1" in error["message"]


def test_a_graph_with_four_channels(inputs, tmp_path):
    error = refused(openvino_model(tmp_path / "model", channels=4), inputs, tmp_path)
    assert error["code"] == "model_unsupported"
    assert "4" in error["message"]


def test_a_batch_that_does_not_fit_in_memory_is_an_error_not_a_crash(tmp_path):
    model = openvino_model(tmp_path / "model", batch=-1)
    write_pictures(tmp_path / "many", 20)
    limit = ["--engine-option", "oom_if_batch_over=1", "--engine-option", "latency_ms=30"]
    more = ["--engine", "simulated", "--batch", "4", "--devices", "cpu", *limit]
    ended = run(model, tmp_path / "many", tmp_path / "out", *more)
    assert ended.status == 0, ended
    notes = [e["text"] for e in ended.events if e["event"] == "note"]
    assert any("batch" in note and "memory" in note for note in notes), notes


def test_inspect_says_what_a_broken_package_lacks(tmp_path):
    (tmp_path / "empty").mkdir()
    ended = segfleet("inspect", tmp_path / "empty")
    assert ended.status == 2, ended
    assert "deploy.yaml" in ended.err
