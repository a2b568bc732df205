# SPDX-License-Identifier: Apache-2.0
"""engine onnxruntime's CUDA and TensorRT branches against a scripted stand-in of the module. NO CARD WAS USED here:
what is shown is what the real module would be told, and what is made of its errors."""

import importlib
import os
import subprocess
import sys

import pytest
from card_engine import PACKAGE, Fail, engine_of, labels, pictures
from segfleet import errors, load_model_package
from segfleet.engines import card_memory


def told(script, provider):
    return next(item[1] for item in script.sessions[-1][0] if item[0] == provider)


def test_no_card_cuda_is_told_what_keeps_workers_equal_and_memory_bounded(script, package):
    engine = engine_of(package, extra={"memory_limit_mb": "2048"})
    options = told(script, "CUDAExecutionProvider")
    assert options["device_id"] == 0  # whatever number the user knows it by
    assert options["gpu_mem_limit"] == 2048 << 20
    assert options["arena_extend_strategy"] == "kSameAsRequested"
    assert options["use_tf32"] == 0
    assert script.sessions[-1][1] == {"enable_fallback": 0}
    assert script.preloaded == 1
    assert "CUDAExecutionProvider" in engine.device_name


@pytest.mark.parametrize(
    ("input_shape", "extra", "search"),
    [
        ([-1, 3, 32, 64], {}, "EXHAUSTIVE"),
        ([-1, 3, -1, -1], {}, "HEURISTIC"),  # each new size would be searched for half a second
        ([-1, 3, 32, 64], {"conv_search": "0"}, "HEURISTIC"),
        ([-1, 3, -1, -1], {"conv_search": "1"}, "EXHAUSTIVE"),
    ],
)
def test_no_card_algorithms_are_timed_where_all_pictures_have_one_size(script, package, input_shape, extra, search):
    text = package.config_path.read_text()
    package.config_path.write_text(text.replace("Deploy:", f"Deploy:\n  input_shape: {input_shape}"))
    engine_of(load_model_package(package.folder), extra=extra)
    assert told(script, "CUDAExecutionProvider")["cudnn_conv_algo_search"] == search


def test_no_card_tf32_is_on_by_option_and_said(script, package):
    engine = engine_of(package, extra={"tf32": "1"})
    assert told(script, "CUDAExecutionProvider")["use_tf32"] == 1
    assert "tf32" in engine.notes[0]


def test_no_card_a_float16_graphs_labels_are_said_to_be_doubtful(script, package):
    assert not any("wrong labels" in note for note in engine_of(package).notes)
    script.input_type = "tensor(float16)"
    assert any("wrong labels" in note for note in engine_of(package).notes)


def test_no_card_tensorrt_is_told_cache_precision_workspace_and_shapes(script, package, tmp_path):
    extra = {"tensorrt": "1", "tensorrt_fp16": "1", "tensorrt_workspace_mb": "512"}
    engine = engine_of(package, extra=extra, cache_folder=tmp_path / "cache", lanes=2)
    options = told(script, "TensorrtExecutionProvider")
    assert options["trt_fp16_enable"] and options["trt_engine_cache_enable"]
    assert options["trt_engine_cache_path"].startswith(str(tmp_path / "cache"))
    assert package.fingerprint in options["trt_engine_cache_path"]
    assert os.path.isdir(options["trt_engine_cache_path"])
    assert options["trt_max_workspace_size"] == 512 << 20
    assert options["trt_profile_min_shapes"] == "x:1x3x32x64"
    assert options["trt_profile_opt_shapes"] == options["trt_profile_max_shapes"] == "x:4x3x32x64"
    assert [item if isinstance(item, str) else item[0] for item in script.sessions[-1][0]] == script.available
    assert engine.lanes == 1
    assert any("1 lane" in note for note in engine.notes) and any("fp16" in note for note in engine.notes)


def test_no_card_tensorrt_without_a_cache_says_what_that_costs(script, package):
    engine = engine_of(package, extra={"tensorrt": "1"})
    assert "trt_engine_cache_enable" not in told(script, "TensorrtExecutionProvider")
    assert any("--cache" in note for note in engine.notes)


def test_no_card_a_provider_that_does_not_start_is_no_silent_cpu(script, package):
    script.started = ["CPUExecutionProvider"]
    with pytest.raises(errors.DeviceUnknown, match="gpu:3: CUDAExecutionProvider could not be started.* does not"):
        engine_of(package)


def test_no_card_tensorrt_that_does_not_start_is_no_silent_cuda(script, package):
    script.started = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    with pytest.raises(errors.DeviceUnknown, match="TensorrtExecutionProvider could not be started"):
        engine_of(package, extra={"tensorrt": "1"})


def test_no_card_batches_go_through_buffers_that_stay_on_the_card(script, package):
    engine = engine_of(package, lanes=2)
    held = []
    for i in range(10):
        batch = pictures(1 + i % 2, 3, 32, 64) + i
        held.append((engine.infer(batch, i % 2), labels(batch)))
    for result, expected in held:
        assert (result == expected).all()
    # Lane 0 got single pictures, lane 1 pairs: once there was a pair, both compute pairs.
    assert script.device_values == [(1, 3, 32, 64), (2, 3, 32, 64), (2, 3, 32, 64)]


@pytest.mark.parametrize(
    "text",
    [
        "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. Status "
        "Message: /src/onnxruntime/core/framework/bfc_arena.cc:376 void* onnxruntime::BFCArena::AllocateRawInternal("
        "size_t, bool) Failed to allocate memory for requested buffer of size 4294967296",
        "CUDA failure 2: out of memory ; GPU=0 ; hostname=h ; file=cuda_allocator.cc ; line=47 ; expr=cudaMalloc",
        "Available memory of 1048576 is smaller than requested bytes of 2097152",
        "cudaErrorMemoryAllocation:out of memory",
        "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0",
    ],
    ids=range(5),
)
def test_no_card_memory_that_ran_out_is_out_of_memory_and_a_smaller_batch_goes_on(script, package, text):
    engine = engine_of(package)
    engine.infer(pictures(4, 3, 32, 64), 0)
    script.run_errors = [Fail(text)]
    with pytest.raises(errors.OutOfMemory, match="run a batch of 4x3x32x64"):
        engine.infer(pictures(4, 3, 32, 64), 0)
    assert engine.infer(pictures(2, 3, 32, 64), 0).shape == (2, 32, 64)
    engine.infer(pictures(4, 3, 32, 64), 0)
    assert script.device_values.count((4, 3, 32, 64)) == 2  # the first one made room


def test_no_card_memory_that_ran_out_before_the_run_is_out_of_memory(script, package):
    engine = engine_of(package)
    script.device_value_error = RuntimeError("CUDA out of memory")
    with pytest.raises(errors.OutOfMemory):
        engine.infer(pictures(1, 3, 32, 64), 0)


def test_no_card_a_model_that_does_not_fit_is_out_of_memory_with_what_there_is(script, package, monkeypatch):
    script.load_error = Fail("Failed to allocate memory for requested buffer of size 99")
    with pytest.raises(errors.OutOfMemory, match="load .*model.onnx on gpu:3.* size 99$"):
        engine_of(package)
    monkeypatch.setattr(card_memory, "card_memory", lambda: (None, 300 << 20, 8 << 30))
    with pytest.raises(errors.OutOfMemory, match="load .* size 99; 300 MiB of the card's 8192 MiB are free$"):
        engine_of(package)


def test_no_card_another_failure_of_a_run_is_an_engine_error_in_one_line(script, package):
    engine = engine_of(package)
    script.run_errors = [Fail("[ONNXRuntimeError] : 1 : FAIL : CUDNN failure 5000: EXECUTION_FAILED\nand\nmore")]
    with pytest.raises(errors.EngineError, match=": CUDNN failure 5000: EXECUTION_FAILED$"):
        engine.infer(pictures(1, 3, 32, 64), 0)
    engine.infer(pictures(1, 3, 32, 64), 0)


STICKY = [
    "CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=h ; expr=cudaStreamSynchronize(s);",
    "CUDA failure 702: the launch timed out and was terminated ; GPU=0",
    "CUDA failure 710: device-side assert triggered ; GPU=0",
    "CUDA failure 719: unspecified launch failure ; GPU=0",
    "CUDA error 810: client terminated",
    "CUDA error cudaErrorHardwareStackError:hardware stack error",
    "cuda runtime said CUDA_ERROR_ILLEGAL_ADDRESS",
    "an illegal memory access was encountered",
]


@pytest.mark.parametrize("text", STICKY, ids=range(len(STICKY)))
def test_no_card_an_error_that_sticks_ends_the_process_with_one_line(text):
    code = (
        "import sys, scripted_onnxruntime\n"
        "sys.modules['onnxruntime'] = scripted_onnxruntime\n"
        "from segfleet.engines.onnxruntime.failures import raise_error\n"
        "try:\n    raise_error(RuntimeError(sys.argv[1]), 'run a batch')\n"
        "finally:\n    print('went on')\n"
    )
    process = subprocess.run([sys.executable, "-c", code, text], capture_output=True, text=True, timeout=60)
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.startswith("segfleet: onnxruntime: run a batch: ") and process.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "text", ["CUDA failure 2: out of memory", "CUDA failure 1: invalid argument", "CUDA failure 7001: x"]
)
def test_no_card_an_error_that_does_not_stick_ends_nothing(script, text):
    failures = importlib.import_module(PACKAGE + ".failures")
    assert failures.sticky_error(text) is None


def test_no_card_devices_are_those_that_the_environment_leaves(script, monkeypatch):
    cards = importlib.import_module(PACKAGE + ".cards")
    engine_class = importlib.import_module(PACKAGE).OnnxRuntimeEngine
    monkeypatch.setattr(cards, "_all_names", lambda: ["A", "B", "C"])
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert engine_class.devices() == [("gpu:0", "A"), ("gpu:1", "B"), ("gpu:2", "C")]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,0,9,1")
    assert engine_class.devices() == [("gpu:0", "C"), ("gpu:1", "A")]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert engine_class.devices() == []
    script.available = ["CPUExecutionProvider"]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert engine_class.devices() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "raise ModuleNotFoundError(\"No module named 'onnxruntime'\", name='onnxruntime')",
            "onnxruntime is not installed",
        ),
        ("raise ImportError('libfoo.so.1: cannot open shared object file\\nmore')", "(libfoo.so.1: cannot open"),
        ("", "cannot be loaded"),
        ("__version__ = '1.20.2'", "the installed onnxruntime is 1.20.2, 1.21 is the oldest"),
    ],
    ids=["missing", "broken", "empty", "old"],
)
def test_a_missing_broken_or_old_onnxruntime_is_named_with_the_pip_line(tmp_path, text, words):
    (tmp_path / "onnxruntime.py").write_text(text)
    path = os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]])
    worker = subprocess.run(
        [sys.executable, "-m", "segfleet.worker", "--describe-engine", "onnxruntime"],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert '"engine_unavailable"' in worker.stdout
    assert words in worker.stdout and "pip install" in worker.stdout


def test_no_card_a_memory_limit_of_the_run_is_the_arenas_unless_the_option_says_otherwise(script, package):
    engine_of(package, memory_limit_bytes=3 << 30)
    assert told(script, "CUDAExecutionProvider")["gpu_mem_limit"] == 3 << 30
    engine_of(package, memory_limit_bytes=3 << 30, extra={"memory_limit_mb": "2048"})
    assert told(script, "CUDAExecutionProvider")["gpu_mem_limit"] == 2048 << 20


def test_no_card_memory_is_told_only_where_the_driver_knows_this_process(script, package, monkeypatch):
    engine = engine_of(package)
    module = importlib.import_module(f"{PACKAGE}.engine")
    for found, told_of_it in [(None, None), ((None, 5, 9), None), ((2, 5, 9), (2, 5, 9))]:
        monkeypatch.setattr(module, "card_memory", lambda found=found: found)
        assert engine.memory() == told_of_it
