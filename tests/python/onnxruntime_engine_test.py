# SPDX-License-Identifier: Apache-2.0
"""engine onnxruntime on the CPU: its labels, its memory, and what it refuses."""

import pathlib
import resource
import sys
import threading

import numpy as np
import onnx_writer
import onnxruntime
import pytest
from onnx_writer import segmenter, write_package
from segfleet import EngineOptions, errors, load_model_package
from segfleet.engines.onnxruntime import OnnxRuntimeEngine

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from scenes import make_scene  # noqa: E402

DEMO = ROOT / "models/demo"


def engine_of(folder, **options):
    engine = OnnxRuntimeEngine()
    engine.load(load_model_package(folder), EngineOptions(**({"device": "cpu", "threads": 1} | options)))
    return engine


def tiny(tmp_path, *, output_op="argmax", batch=4, lanes=1, extra=None, **graph):
    package = write_package(tmp_path / "model", segmenter(**graph), output_op)
    return engine_of(package, batch=batch, lanes=lanes, extra=extra or {})


def pictures(*shape, seed=1):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def expected_scores(batch, classes=5, seed=0):
    """What segmenter() computes, in float64."""
    weights = np.random.default_rng(seed).normal(size=(classes, 3, 3, 3)).astype(np.float32).astype(np.float64)
    padded = np.pad(batch.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return np.einsum("nchwij,kcij->nkhw", windows, weights)


def demo_scenes():
    """Pictures of the kind that the demo model was trained on, as its transforms make them."""
    for index in range(4):
        picture, _ = make_scene(4096, index, 512, 512)
        yield ((picture[..., ::-1] / np.float32(255) - 0.5) / 0.5).astype(np.float32).transpose(2, 0, 1)[None]


def openvino_scores_and_labels(batch):
    import openvino as ov

    graph = ov.Core().read_model(DEMO / "model.onnx")
    node = graph.get_results()[0].input_value(0).get_node()
    while node.get_type_name() not in ("TopK", "ArgMax"):
        node = node.input_value(0).get_node()
    both = ov.Model([graph.output(0), node.input_value(0)], graph.get_parameters(), "both")
    request = ov.Core().compile_model(both, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    labels, scores = request(batch).to_tuple()
    return scores, labels


def test_the_demo_models_labels_are_openvinos_but_for_near_ties():
    engine = engine_of(DEMO)
    differing = total = 0
    for batch in demo_scenes():
        scores, labels = openvino_scores_and_labels(batch)
        mine = engine.infer(batch, 0)
        assert mine.dtype == np.int32 and mine.shape == (1, 512, 512)
        assert len(np.unique(labels)) >= 4
        differs = mine != labels
        best = np.sort(scores, axis=1)[:, -2:]
        assert ((best[:, 1] - best[:, 0])[differs] < 1e-3).all()
        differing, total = differing + differs.sum(), total + differs.size
    assert differing / total <= 0.0005


def test_what_the_graph_says_is_told(tmp_path):
    engine = tiny(tmp_path, end="scores", output_op="none", lanes=2)
    assert engine.version == onnxruntime.__version__
    assert engine.input == ("x", "f32", [-1, 3, -1, -1])
    assert engine.output == ("scores", "f32", [-1, 5, -1, -1])
    assert (engine.class_count, engine.lanes, engine.notes) == (5, 2, [])
    assert "CPUExecutionProvider" in engine.device_name


@pytest.mark.parametrize(("end", "kind"), [("argmax", np.int32), ("argmax_kept", np.int32)])
def test_labels_are_n_h_w(tmp_path, end, kind):
    batch = pictures(3, 3, 7, 9)
    for _ in range(2):  # the first call finds out the output's shape
        labels = tiny(tmp_path, end=end).infer(batch, 0)
        assert labels.dtype == kind
        assert np.array_equal(labels, expected_scores(batch).argmax(axis=1))


@pytest.mark.parametrize(
    ("label_type", "given"),
    [(onnx_writer.UINT8, np.uint8), (onnx_writer.INT64, np.int64), (onnx_writer.INT8, np.int32)],
)
def test_integer_types_are_given_as_they_are_or_widened(tmp_path, label_type, given):
    engine = tiny(tmp_path, label_type=label_type)
    batch = pictures(1, 3, 4, 4)
    for _ in range(2):
        assert engine.infer(batch, 0).dtype == given


def test_a_float16_graph_is_fed_float16_and_says_so(tmp_path):
    engine = tiny(tmp_path, end="scores", output_op="none", dtype="f2")
    assert "float16" in engine.notes[0]
    batch = pictures(2, 3, 6, 5)
    for _ in range(2):
        scores = engine.infer(batch, 0)
        assert scores.dtype == np.float32
        assert np.allclose(scores, expected_scores(batch), atol=0.05)


def test_a_batch_gives_what_its_pictures_give_alone(tmp_path):
    engine = tiny(tmp_path, end="scores", output_op="none")
    batch = pictures(4, 3, 33, 65)
    together = engine.infer(batch, 0).copy()
    assert np.allclose(together, expected_scores(batch), atol=1e-4)
    for i in range(4):
        assert np.array_equal(engine.infer(batch[i : i + 1], 0)[0], together[i])


def test_arrays_with_gaps_and_read_only_ones_are_read(tmp_path):
    engine = tiny(tmp_path)
    wide = pictures(1, 3, 8, 16)
    wide.flags.writeable = False
    assert np.array_equal(engine.infer(wide[..., ::2], 0), expected_scores(wide[..., ::2]).argmax(axis=1))
    assert np.array_equal(engine.infer(wide, 0), expected_scores(wide).argmax(axis=1))


def test_results_that_the_caller_holds_stay_as_they_are(tmp_path):
    engine = tiny(tmp_path, lanes=1)
    held = []
    for seed in range(40):
        batch = pictures(1, 3, 16, 16 + seed % 3, seed=seed)
        result = engine.infer(batch, 0)
        # A view of the result is enough to hold it, however it was made.
        held.append((result[:, 2:4], expected_scores(batch).argmax(axis=1)[:, 2:4]))
    for result, expected in held:
        assert np.array_equal(result, expected)


def test_a_capsule_of_cpp_holds_a_result(tmp_path):
    engine = tiny(tmp_path)
    batch = pictures(1, 3, 16, 16)
    engine.infer(batch, 0)
    capsule = engine.infer(batch, 0).__dlpack__()
    for seed in range(5):
        engine.infer(pictures(1, 3, 16, 16, seed=seed), 0)
    holder = type("Holder", (), {"__dlpack__": lambda self, **_: capsule, "__dlpack_device__": lambda self: (1, 0)})()
    assert np.array_equal(np.from_dlpack(holder), expected_scores(batch).argmax(axis=1))


def test_memory_of_a_result_that_was_let_go_is_used_again(tmp_path):
    engine = tiny(tmp_path)
    batch = pictures(1, 3, 64, 64)
    engine.infer(batch, 0)
    places = {engine.infer(batch, 0).ctypes.data for _ in range(10)}
    assert len(places) == 1


def test_the_batch_is_read_where_it_lies_and_not_kept(tmp_path):
    engine = tiny(tmp_path)
    batch = pictures(1, 3, 8, 8)
    before = sys.getrefcount(batch)
    engine.infer(batch, 0)
    engine.infer(batch, 0)
    assert sys.getrefcount(batch) == before


def test_lanes_run_at_once_and_give_the_same(tmp_path):
    engine = tiny(tmp_path, lanes=4)
    failures = []

    def run(lane):
        for seed in range(30):
            batch = pictures(1 + seed % 3, 3, 10 + seed % 7, 20, seed=seed * 10 + lane)
            if not np.array_equal(engine.infer(batch, lane), expected_scores(batch).argmax(axis=1)):
                failures.append((lane, seed))

    threads = [threading.Thread(target=run, args=(lane,)) for lane in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("arena", ["0", "1"])
def test_memory_does_not_grow_with_the_number_of_shapes(tmp_path, arena):
    engine = tiny(tmp_path, classes=16, end="scores", output_op="none", extra={"arena": arena})
    rng = np.random.default_rng(3)
    shapes = [(1, 3, *rng.integers(100, 600, 2)) for _ in range(300)]
    engine.infer(pictures(1, 3, 600, 600), 0)
    for shape in shapes[:100]:
        engine.infer(np.zeros(shape, np.float32), 0)
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for shape in shapes[100:]:
        engine.infer(np.zeros(shape, np.float32), 0)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    assert grown_kib < 64 << 10  # one result is 23 MiB


def test_a_picture_of_nan_has_labels(tmp_path):
    labels = engine_of(DEMO).infer(np.full((1, 3, 512, 512), np.nan, np.float32), 0)
    assert labels.shape == (1, 512, 512) and labels.min() >= 0


def test_a_run_that_fails_is_an_engine_error_and_the_engine_goes_on(tmp_path, capfd):
    """A graph that can take 4x4 alone, which its shapes do not tell."""
    nodes = [onnx_writer.node("Reshape", ["x", "shape"], ["y"])]
    ports = [("x", onnx_writer.FLOAT, ("n", 3, "h", "w")), ("y", onnx_writer.FLOAT, (1, 3, 4, 4))]
    graph = onnx_writer.model(nodes, ports[:1], ports[1:], [("shape", np.array([1, 3, 4, 4]))])
    engine = engine_of(write_package(tmp_path / "m", graph, "none"))
    batch = pictures(1, 3, 4, 4)
    for _ in range(2):
        with pytest.raises(
            errors.EngineError, match="^onnxruntime cannot run a batch of 1x3x5x4: [^\n]*Reshape[^\n]*$"
        ):
            engine.infer(pictures(1, 3, 5, 4), 0)
        assert np.array_equal(engine.infer(batch, 0), batch)
    assert capfd.readouterr().err == ""


def test_options_of_the_cpu_are_taken(tmp_path):
    engine = tiny(tmp_path, extra={"spinning": "1", "arena": "0"})
    batch = pictures(1, 3, 8, 8)
    assert np.array_equal(engine.infer(batch, 0), expected_scores(batch).argmax(axis=1))


def two_inputs():
    shape = ("n", 3, "h", "w")
    add = onnx_writer.node("Add", ["x", "y"], ["z"])
    ports = [(name, onnx_writer.FLOAT, shape) for name in "xyz"]
    return onnx_writer.model([add], ports[:2], ports[2:])


def unknown_operation():
    shape = ("n", 3, "h", "w")
    ports = [(name, onnx_writer.FLOAT, shape) for name in "xy"]
    return onnx_writer.model([onnx_writer.node("Imagined", ["x"], ["y"])], ports[:1], ports[1:])


def bytes_in():
    ports = [("x", onnx_writer.UINT8, ("n", 3, "h", "w")), ("y", onnx_writer.FLOAT, ("n", 3, "h", "w"))]
    return onnx_writer.model([onnx_writer.node("Cast", ["x"], ["y"], to=1)], ports[:1], ports[1:])


def broken_inside():
    """An output that no node gives."""
    ports = [(name, onnx_writer.FLOAT, ("n", 3, "h", "w")) for name in "xy"]
    return onnx_writer.model([onnx_writer.node("Relu", ["x"], ["z"])], ports[:1], ports[1:])


@pytest.mark.parametrize(
    ("graph", "error", "words"),
    [
        (b"this is no protobuf", errors.ModelInvalid, "Protobuf parsing failed"),
        (b"", errors.ModelInvalid, ""),
        (segmenter()[:200], errors.ModelInvalid, "Protobuf parsing failed"),
        (broken_inside(), errors.ModelInvalid, ":This is an invalid model. Graph output (y) does not exist"),
        (two_inputs(), errors.ModelUnsupported, "the graph has 2 inputs ('x' tensor(float) ?x3x?x?, 'y'"),
        (unknown_operation(), errors.ModelUnsupported, "Imagined"),
        (segmenter(opset=999), errors.ModelUnsupported, "newer onnxruntime"),
        (segmenter(ir_version=999), errors.ModelUnsupported, "newer onnxruntime"),
        (segmenter(dtype="f8"), errors.ModelUnsupported, "Could not find an implementation"),
        (bytes_in(), errors.ModelUnsupported, "'x' tensor(uint8) ?x3x?x?; segfleet feeds float Nx3xHxW"),
        (segmenter(shape=(4, 3, "h", "w")), errors.ModelUnsupported, "batch is fixed at 4"),
        (segmenter(shape=(1, 3, "h", "w")), errors.InvalidArgument, "use --batch 1"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,
)
def test_a_graph_that_cannot_be_run_is_refused_in_one_line(tmp_path, graph, error, words):
    with pytest.raises(errors.Error, match="^[^\n]+$") as raised:
        engine_of(write_package(tmp_path / "model", graph), batch=2)
    assert type(raised.value) is error, raised.value
    assert words in str(raised.value)


def test_a_file_that_vanished_is_an_invalid_model(tmp_path):
    model = load_model_package(write_package(tmp_path / "model", segmenter()))
    model.graph_path.unlink()
    with pytest.raises(errors.ModelInvalid, match="model.onnx"):
        OnnxRuntimeEngine().load(model, EngineOptions())


def test_labels_where_scores_were_promised_are_an_invalid_model(tmp_path):
    with pytest.raises(errors.ModelInvalid, match="output_op is softmax"):
        tiny(tmp_path, output_op="softmax")


def test_only_output_0_is_used_and_that_is_said(tmp_path):
    nodes = [onnx_writer.node("Relu", ["x"], ["y"]), onnx_writer.node("Neg", ["x"], ["other"])]
    ports = [(name, onnx_writer.FLOAT, ("n", 3, "h", "w")) for name in ("x", "y", "other")]
    engine = engine_of(write_package(tmp_path / "m", onnx_writer.model(nodes, ports[:1], ports[1:]), "none"))
    assert "the graph has 2 outputs" in engine.notes[0] and "output 0 is used" in engine.notes[0]
    batch = pictures(1, 3, 4, 4)
    for _ in range(2):
        assert np.array_equal(engine.infer(batch, 0), np.maximum(batch, 0))


def test_a_graph_of_another_format_is_told_how_to_be_converted(tmp_path):
    package = write_package(tmp_path / "model", segmenter())
    (package / "model.onnx").rename(package / "model.pdmodel")
    (package / "model.pdiparams").write_bytes(b"weights")
    text = (package / "deploy.yaml").read_text()
    (package / "deploy.yaml").write_text(text.replace("model.onnx", "model.pdmodel\n  params: model.pdiparams"))
    with pytest.raises(errors.ModelUnsupported, match=f"this one is paddle; `segfleet convert {package}`"):
        engine_of(package)


def test_a_picture_of_another_size_than_the_graphs_is_told():
    engine = engine_of(DEMO)
    with pytest.raises(
        errors.EngineError, match=r"takes \?x3x512x512, but the transforms gave 1x3x256x512.*target_size"
    ):
        engine.infer(pictures(1, 3, 256, 512), 0)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"extra": {"color": "1"}}, errors.InvalidArgument, "engine option color: engine onnxruntime knows spinning"),
        ({"extra": {"spinning": "yes"}}, errors.InvalidArgument, "spinning=yes: 0 or 1"),
        ({"extra": {"tf32": "1"}}, errors.InvalidArgument, "tf32 means nothing on device cpu"),
        ({"extra": {"tensorrt_fp16": "1"}}, errors.InvalidArgument, "means nothing on device cpu"),
        ({"precision": "bf16"}, errors.InvalidArgument, "--precision bf16"),
        ({"lanes": 0}, errors.InvalidArgument, "lanes (0)"),
        ({"device": "npu:0"}, errors.DeviceUnknown, "no device 'npu:0'"),
        ({"device": "gpu:0"}, errors.DeviceUnknown, "has no CUDAExecutionProvider, it has"),
        ({"device": "gpu:0"}, errors.DeviceUnknown, "onnxruntime-gpu"),
        ({"device": "gpu:0", "extra": {"tensorrt": "1"}}, errors.DeviceUnknown, "no TensorrtExecutionProvider"),
        ({"device": "gpu:0", "extra": {"memory_limit_mb": "0"}}, errors.InvalidArgument, "at least 1"),
        ({"device": "gpu:0", "extra": {"tensorrt_fp16": "1"}}, errors.InvalidArgument, "needs tensorrt=1"),
        ({"device": "gpu:0", "extra": {"arena": "1"}}, errors.InvalidArgument, "means nothing on device gpu:0"),
    ],
)
def test_an_option_that_cannot_be_honoured_is_refused(tmp_path, options, error, words):
    with pytest.raises(error) as raised:
        engine_of(write_package(tmp_path / "model", segmenter()), **options)
    assert words in str(raised.value)
