# SPDX-License-Identifier: Apache-2.0
"""engines/paddle against a scripted stand-in of Paddle: devices, TensorRT, options.

No card and no Paddle is used in this file: what these tests prove is what the engine asks of Paddle and how it takes
Paddle's answers, not that a card computes.
"""

import sys
from pathlib import Path

import pytest
from segfleet.engines.paddle import PaddleEngine
from segfleet.errors import (
    DeviceUnknown,
    EngineUnavailable,
    InvalidArgument,
    ModelInvalid,
    ModelUnsupported,
)
from stand_in_paddle import FAULT, ONE_PICTURE, loaded

pytest_plugins = ["paddle_fixtures"]


# ---- the CPU ----


def test_no_card_used_onednn_settings_of_a_pir_model(install, make_model):
    paddle = install()
    engine = loaded(make_model(), extra={"shape_cache": "7"})
    assert paddle.told("set_cpu_math_library_num_threads") == [(2,)]
    assert paddle.told("set_mkldnn_cache_capacity") == [(7,)]
    assert paddle.told("enable_new_ir") == [(True,)]
    assert len(paddle.told("enable_mkldnn")) == len(paddle.told("disable_gpu")) == 1
    assert paddle.told("enable_memory_optim") == paddle.told("enable_mkldnn_bfloat16") == []
    assert engine.notes == []
    assert paddle.ran == [(1, 3, 32, 32)]


def test_no_card_used_a_pdmodel_keeps_the_old_executor_and_memory_optim(install, make_model):
    paddle = install()
    loaded(make_model("model.pdmodel"))
    assert len(paddle.told("enable_memory_optim")) == 1
    assert paddle.told("enable_new_ir") == paddle.told("enable_new_executor") == []


def test_no_card_used_onednn_can_be_turned_off(install, make_model):
    paddle = install()
    loaded(make_model(), extra={"onednn": "0"})
    assert len(paddle.told("disable_mkldnn")) == 1
    assert paddle.told("enable_mkldnn") == []


def test_no_card_used_the_pir_fault_of_onednn_leaves_it_the_convolutions(install, make_model):
    paddle = install(version="3.3.1", failures={"run": [FAULT]})
    engine = loaded(make_model())
    assert paddle.told("delete_pass") == [("onednn_placement_pass",)]
    assert len(paddle.told("enable_mkldnn")) == 1
    assert len(engine.notes) == 1
    assert "Paddle 3.3.1" in engine.notes[0]
    assert "about 1.5 times slower; pip install paddlepaddle==3.2.2" in engine.notes[0]
    assert engine.infer(ONE_PICTURE, 0).shape == (1, 32, 32)


def test_no_card_used_the_pir_fault_twice_turns_onednn_off(install, make_model):
    paddle = install(version="3.3.1", failures={"run": [FAULT, FAULT]})
    engine = loaded(make_model())
    assert len(paddle.told("disable_mkldnn")) == 1
    assert len(engine.notes) == 1
    assert "about 5 times slower (PP-LiteSeg 512x1024, one thread: 181 -> 950 ms)" in engine.notes[0]
    assert "paddlepaddle==3.2.2" in engine.notes[0]


def test_no_card_used_the_pir_fault_in_bf16_is_refused(install, make_model):
    install(version="3.3.1", failures={"run": [FAULT]})
    with pytest.raises(EngineUnavailable, match=r"precision bf16: the oneDNN of Paddle 3\.3\.1 .* --precision fp32"):
        loaded(make_model(), precision="bf16")


def test_no_card_used_the_pir_fault_after_load_is_met_too_and_told_on_stderr(install, make_model, capfd):
    paddle = install(version="3.3.1", failures={"run": [ValueError("(InvalidArgument) too small"), FAULT]})
    engine = loaded(make_model(shape=(-1, 3, -1, -1)))  # the guessed size does not suit the graph
    assert engine.infer(ONE_PICTURE, 0).shape == (1, 32, 32)
    assert paddle.ran == [(1, 3, 256, 256), (1, 3, 32, 32), (1, 3, 32, 32)]
    assert "about 1.5 times slower" in capfd.readouterr().err


def test_no_card_used_bf16_is_asked_for_or_refused_where_the_cpu_lacks_it(install, make_model):
    paddle = install()
    loaded(make_model(), precision="bf16")
    assert len(paddle.told("enable_mkldnn_bfloat16")) == 1
    install(bf16=False)
    with pytest.raises(InvalidArgument, match="precision bf16: this CPU has no AVX-512"):
        loaded(make_model(), precision="bf16")


# ---- cards ----


def test_no_card_used_gpu_takes_the_first_visible_card_with_the_pool_and_precision(install, make_model):
    paddle = install(cuda=1)
    engine = loaded(make_model(), "gpu:3", {"memory_pool_mb": "500", "precision": "fp16"})
    assert paddle.told("enable_use_gpu") == [(500, 0, "fp16")]
    assert paddle.told("enable_mkldnn") == paddle.told("disable_gpu") == []
    assert engine.device_name == "Card 0"
    lent = ONE_PICTURE.copy()
    assert engine.infer(lent, 0).all()


def test_no_card_used_dcu_is_the_gpu_of_a_rocm_build(install, make_model):
    paddle = install(rocm=2)
    loaded(make_model(), "dcu:1")
    assert paddle.told("enable_use_gpu") == [(256, 0, "fp32")]


def test_no_card_used_xpu(install, make_model):
    paddle = install(xpu=1)
    loaded(make_model(), "xpu:0")
    assert paddle.told("enable_xpu") == [()]
    assert paddle.told("set_xpu_device_id") == [(0,)]
    with pytest.raises(InvalidArgument, match="precision fp16 on xpu:0"):
        loaded(make_model(), "xpu:0", {"precision": "fp16"})


@pytest.mark.parametrize(("kind", "number"), [("npu", 0), ("mlu", 0), ("gcu", 0), ("intel_hpu", 2)])
def test_no_card_used_custom_devices_go_by_name_and_by_number_where_no_variable_hides_the_others(
    install, make_model, kind, number
):
    paddle = install(custom=[kind])
    loaded(make_model(), f"{kind}:2", {"precision": "fp16"})
    assert paddle.told("enable_custom_device") == [(kind, number, "fp16")]


def test_no_card_used_devices_are_listed_by_kind_and_number(install):
    install(cuda=2, xpu=1, custom=["npu:0", "npu:1", "mlu"])
    assert PaddleEngine.devices() == [
        ("gpu:0", "Card 0"),
        ("gpu:1", "Card 1"),
        ("xpu:0", "Kunlun XPU"),
        ("npu:0", "custom device npu"),
        ("npu:1", "custom device npu"),
        ("mlu:0", "custom device mlu"),
    ]
    install(rocm=1)
    assert PaddleEngine.devices() == [("dcu:0", "Card 0")]
    install()
    assert PaddleEngine.devices() == []


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("gpu:0", "gpu:0: this Paddle (3.2.2) is built for cpu, npu only; install the paddlepaddle-gpu 3.2.2"),
        ("xpu:1", "xpu:1: this Paddle (3.2.2) is built for cpu, npu only; install Paddle's package for XPU"),
        ("mlu:0", "install Paddle's plug-in for mlu, or use --devices cpu (pip install paddlepaddle==3.2.2)"),
    ],
)
def test_no_card_used_a_device_that_this_paddle_lacks_is_refused(install, make_model, device, words):
    install(custom=["npu:0"])
    with pytest.raises(DeviceUnknown) as refused:
        loaded(make_model(), device)
    assert words in str(refused.value)


def test_no_card_used_a_gpu_build_that_sees_no_card_is_refused(install, make_model, monkeypatch):
    paddle = install(cuda=1)
    monkeypatch.setattr(sys.modules["paddle"].device.cuda, "device_count", lambda: 0)
    with pytest.raises(DeviceUnknown, match="Paddle sees no gpu here; check the driver.*CUDA_VISIBLE_DEVICES"):
        loaded(make_model(), "gpu:0")
    assert paddle.configs == []


# ---- TensorRT ----


def test_no_card_used_tensorrt_on_a_pdmodel_collects_shapes_once(install, make_model, tmp_path):
    paddle = install(cuda=1)
    options = {"tensorrt": "1", "min_subgraph_size": "5", "workspace_mb": "64", "precision": "fp16"}
    cache = tmp_path / "cache"
    loaded(make_model("model.pdmodel"), "gpu:0", options, cache_folder=cache)
    (ranges,) = cache.glob("paddle-3.2.2-tensorrt-8.6.1-Card-0-0123456789abcdef*-fp16-b4-*/shape_ranges.pbtxt")
    assert ranges.read_text() == "[(1, 3, 32, 32), (4, 3, 32, 32)]"
    assert len(paddle.configs) == 2
    assert paddle.told("enable_tensorrt_engine", 0) == []
    assert paddle.told("enable_tensorrt_engine") == [
        (
            {
                "workspace_size": 64 << 20,
                "max_batch_size": 4,
                "min_subgraph_size": 5,
                "precision_mode": "fp16",
                "use_static": True,
                "use_calib_mode": False,
            },
        )
    ]
    assert paddle.told("enable_tuned_tensorrt_dynamic_shape") == [(str(ranges), True)]
    assert paddle.told("set_optim_cache_dir") == [(str(ranges.parent),)]
    loaded(make_model("model.pdmodel"), "gpu:0", options, cache_folder=cache)
    assert len(paddle.configs) == 3  # the second load collects nothing
    assert sorted(path.name for path in ranges.parent.iterdir()) == ["shape_ranges.pbtxt"]


@pytest.mark.parametrize("graph", ["model.json", "model.pdmodel"])
def test_no_card_used_tensorrt_builds_anew_for_another_card_and_another_tensorrt(install, make_model, tmp_path, graph):
    paddle = install(cuda=1)
    cache = tmp_path / "cache"
    for card, version in [("NVIDIA H100 PCIe", (8, 6, 1)), ("NVIDIA A100", (8, 6, 1)), ("NVIDIA A100", (10, 3, 0))]:
        paddle.card, paddle.tensorrt = card, version
        for _ in range(2):
            loaded(make_model(graph), "gpu:0", {"tensorrt": "1"}, cache_folder=cache)
    folders = sorted(folder.name.partition("-0123456789abcdef")[0] for folder in cache.iterdir())
    assert folders == [
        "paddle-3.2.2-tensorrt-10.3.0-NVIDIA-A100-0",
        "paddle-3.2.2-tensorrt-8.6.1-NVIDIA-A100-0",
        "paddle-3.2.2-tensorrt-8.6.1-NVIDIA-H100-PCIe-0",
    ]


def test_no_card_used_tensorrt_without_a_cache_leaves_no_file(install, make_model, tmp_path, monkeypatch):
    paddle = install(cuda=1)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    loaded(make_model("model.pdmodel"), "gpu:0", {"tensorrt": "1"})
    assert paddle.told("enable_tensorrt_engine")[0][0]["use_static"] is False
    assert list((tmp_path / "temporary").iterdir()) == []


def test_no_card_used_tensorrt_on_a_pir_model_converts_it_once(install, make_model, tmp_path):
    paddle = install(cuda=1)
    cache = tmp_path / "cache"
    for _ in range(2):
        engine = loaded(make_model(shape=(-1, 3, -1, -1)), "gpu:0", {"tensorrt": "1"}, cache_folder=cache)
    ((prefix, told),) = paddle.conversions
    assert prefix == str(tmp_path / "model")
    assert told["inputs"] == [
        {
            "min_input_shape": [1, 3, 256, 256],
            "optim_input_shape": [4, 3, 256, 256],
            "max_input_shape": [4, 3, 256, 256],
        }
    ]
    graph, weights = paddle.told("files")[0]
    assert Path(graph).read_text() == Path(weights).read_text() == "converted"
    assert Path(graph).parent.parent.parent == cache
    assert "TensorRT is tuned for 256x256" in engine.notes[0]


def test_no_card_used_a_paddle_without_tensorrt_export_is_named(install, make_model, monkeypatch):
    install(cuda=1)
    monkeypatch.delattr(sys.modules["paddle.tensorrt"], "export")
    with pytest.raises(EngineUnavailable, match="tensorrt=1: Paddle 3.2.2 cannot use TensorRT on a PIR model"):
        loaded(make_model(), "gpu:0", {"tensorrt": "1"})


# ---- what is refused ----


@pytest.mark.parametrize(
    ("device", "extra", "words"),
    [
        ("cpu", {"theads": "2"}, "engine paddle has no option 'theads'; it knows onednn, shape_cache, precision,"),
        ("cpu", {"shape_cache": "0"}, "shape_cache=0: it takes a whole number from 1 to"),
        ("cpu", {"shape_cache": "many"}, "shape_cache=many: it takes a whole number from 1 to"),
        ("cpu", {"onednn": "2"}, "onednn=2: it takes a whole number from 0 to 1"),
        ("cpu", {"tensorrt": "1"}, "tensorrt=1 is for gpu, not for cpu"),
        ("cpu:0-1", {"precision": "fp16"}, "precision=fp16 is for devices other than the CPU, not for cpu"),
        ("gpu:0", {"onednn": "1"}, "onednn=1 is for cpu, not for gpu"),
        ("gpu:0", {"precision": "int8"}, "precision=int8: it takes fp32, fp16, bf16"),
        ("gpu:0", {"min_subgraph_size": "3"}, "min_subgraph_size=3 needs tensorrt=1"),
        ("npu:0", {"memory_pool_mb": "9"}, "memory_pool_mb=9 is for gpu and dcu, not for npu"),
        ("gpu:0", {"memory_pool_mb": "99999999999"}, "it takes a whole number from 1 to 2147483647"),
    ],
)
def test_no_card_used_an_option_that_cannot_be_honoured_is_refused(install, make_model, device, extra, words):
    paddle = install(cuda=1)
    with pytest.raises(InvalidArgument) as refused:
        loaded(make_model(), device, extra)
    assert words in str(refused.value)
    assert paddle.configs == []


def test_no_card_used_two_precisions_that_differ_are_refused(install, make_model):
    install(cuda=1)
    with pytest.raises(InvalidArgument, match="--precision bf16 and engine option precision=fp16: name one"):
        loaded(make_model(), "gpu:0", {"precision": "fp16"}, precision="bf16")


@pytest.mark.parametrize(
    ("device", "mend"), [("cpu", "pip install paddlepaddle==3.2.2"), ("gpu:0", "paddlepaddle-gpu")]
)
def test_no_card_used_without_paddle_the_line_that_installs_it_is_told(make_model, monkeypatch, device, mend):
    monkeypatch.setitem(sys.modules, "paddle", None)
    with pytest.raises(EngineUnavailable, match="engine paddle: ") as refused:
        loaded(make_model(), device)
    assert mend in str(refused.value)


def test_no_card_used_a_pir_model_on_paddle_2_is_refused(install, make_model):
    install(version="2.6.2")
    with pytest.raises(EngineUnavailable, match=r"Paddle 2\.6\.2 reads \.pdmodel only.*paddlepaddle==3\.2\.2"):
        loaded(make_model())
    assert loaded(make_model("model.pdmodel")).version == "2.6.2"


def test_no_card_used_other_formats_and_files_that_are_no_program_are_refused(install, make_model):
    install()
    onnx = make_model()
    onnx.format = "onnx"
    with pytest.raises(ModelUnsupported, match="engine paddle runs model.json or .pdmodel"):
        loaded(onnx)
    for graph, content in [
        ("model.pdmodel", b"MZ"),
        ("model.pdmodel", b""),
        ("model.json", b'{"base_code": {}}'),
        ("model.json", b'{"base_code":{"magic":"pir"},"program":{"regi'),
    ]:
        noise = make_model(graph)
        noise.graph_path.write_bytes(content)
        with pytest.raises(ModelInvalid, match=f"{graph} is no Paddle program"):
            loaded(noise)


def test_no_card_used_a_batch_that_is_built_in_is_refused(install, make_model):
    install()
    loaded(make_model(shape=(1, 3, 32, 32)), batch=1)
    with pytest.raises(InvalidArgument, match="has a batch of 1 built in, and 4 was asked for; use --batch 1"):
        loaded(make_model(shape=(1, 3, 32, 32)))
    with pytest.raises(ModelUnsupported, match="has a batch of 2 built in"):
        loaded(make_model(shape=(2, 3, 32, 32)))


# ---- memory ----


def test_no_card_used_memory_is_the_drivers_word_or_paddles_pool(install, make_model, monkeypatch):
    paddle = install(cuda=1)
    engine = loaded(make_model(), device="gpu:0")
    paddle.reserved_bytes = 3
    for found, told_of_it in [(None, None), ((2, 5, 9), (2, 5, 9)), ((None, 5, 9), (3, 5, 9))]:
        monkeypatch.setattr("segfleet.engines.paddle.engine.card_memory", lambda found=found: found)
        assert engine.memory() == told_of_it


def test_no_card_used_a_memory_limit_is_told_to_paddle(install, make_model):
    paddle = install(cuda=1)
    loaded(make_model(), device="gpu:0")
    assert paddle.flags == {}
    loaded(make_model(), device="gpu:0", memory_limit_bytes=3 << 30)
    assert paddle.flags == {"FLAGS_gpu_memory_limit_mb": 3072}
