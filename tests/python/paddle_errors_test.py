# SPDX-License-Identifier: Apache-2.0
"""engines/paddle against a scripted stand-in of Paddle: errors and outputs.

No card and no Paddle is used in this file: what these tests prove is what the engine asks of Paddle and how it takes
Paddle's answers, not that a card computes.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from segfleet.engines import card_memory
from segfleet.engines.cuda_errors import STICKY
from segfleet.engines.paddle.errors import cause_of, sticky_cuda_error
from segfleet.errors import (
    EngineError,
    OutOfMemory,
)
from stand_in_paddle import FAULT, ONE_PICTURE, loaded

pytest_plugins = ["paddle_fixtures"]

ENFORCE = """

--------------------------------------
C++ Traceback (most recent call last):
--------------------------------------
0   paddle::AnalysisPredictor::ZeroCopyRun(bool)
1   paddle::framework::NaiveExecutor::Run()

----------------------
Error Message Summary:
----------------------
{summary}
  [Hint: Please look at the manual.] (at /paddle/paddle/phi/core/allocator.cc:95)
  [operator < conv2d > error]"""
GPU_FULL = (
    "ResourceExhaustedError: \n\nOut of memory error on GPU 0. Cannot allocate 2.000000GB memory on GPU 0, 39.4GB "
    "memory has been allocated and available memory is only 1.1GB."
)

# ---- errors ----


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(ENFORCE.format(summary=GPU_FULL)),
        MemoryError("(ResourceExhausted) Fail to alloc memory of 2147483648 size."),
        MemoryError(),
        RuntimeError("std::bad_alloc"),
        RuntimeError("std::exception"),  # std::bad_alloc, as Paddle 3.2.2's executor passes it on
        OSError("(External) CUDNN error(4), CUDNN_STATUS_ALLOC_FAILED. (at conv_gpudnn.cc:1)"),
        OSError("(External) CUBLAS error(3), CUBLAS_STATUS_ALLOC_FAILED."),
        OSError("(External) CUDA error(2), out of memory."),
    ],
)
def test_no_card_used_memory_that_runs_out_is_out_of_memory_and_the_pool_shrinks(install, make_model, error):
    paddle = install(cuda=1, failures={"run": [None, error]})
    engine = loaded(make_model(), "gpu:0")
    with pytest.raises(OutOfMemory, match="Paddle ran out of memory while it tried to run a batch: ") as raised:
        engine.infer(np.ones((4, 3, 32, 32), np.float32), 0)
    assert "\n" not in str(raised.value)
    assert paddle.shrunk == 1
    assert engine.infer(ONE_PICTURE, 0).shape == (1, 32, 32)


def test_no_card_used_a_model_that_does_not_fit_is_out_of_memory_at_load(install, make_model, monkeypatch):
    monkeypatch.setattr(card_memory, "card_memory", lambda: (None, 300 << 20, 8 << 30))
    install(cuda=1, failures={"create": [RuntimeError(GPU_FULL)]})
    with pytest.raises(
        OutOfMemory, match=r"tried to load .*model.json: ResourceExhaustedError.*; 300 MiB of the card's"
    ):
        loaded(make_model(), "gpu:0")


def test_no_card_used_another_error_is_told_by_its_first_line_that_says_something(install, make_model):
    install(cuda=1, failures={"run": [None, OSError(ENFORCE.format(summary="ExternalError: CUDA error(1), invalid."))]})
    engine = loaded(make_model(), "gpu:0")
    with pytest.raises(EngineError) as raised:
        engine.infer(ONE_PICTURE, 0)
    assert str(raised.value) == "Paddle cannot run a batch: ExternalError: CUDA error(1), invalid."
    assert engine.infer(ONE_PICTURE, 0).shape == (1, 32, 32)


def test_no_card_used_all_twelve_sticky_errors_are_known_by_number_and_by_name():
    assert len(STICKY) == 13
    for number, name in STICKY.items():
        assert sticky_cuda_error(f"ExternalError: CUDA error({number}), something was encountered.") == name
        assert sticky_cuda_error(f"after parallel_for: {name}: it failed") == name
    for text in ("CUDA error(2), out of memory", "error(700)", "cudaErrorLaunchOutOfResources", ""):
        assert sticky_cuda_error(text) is None


def test_no_card_used_a_sticky_cuda_error_ends_the_process_with_one_line(tmp_path):
    script = """
import sys
from stand_in_paddle import ONE_PICTURE, StandIn, loaded
message = "ExternalError: CUDA error(700), an illegal memory access was encountered.\\n  [Hint: long] (at x.cc:1)"
StandIn(cuda=1, failures={"run": [None, OSError(message)]}).install()
from paddle_models import package
from pathlib import Path
engine = loaded(package(Path(sys.argv[1]), "model.json", "argmax", (-1, 3, 32, 32)), "gpu:0")
try:
    engine.infer(ONE_PICTURE, 0)
finally:
    print("the interpreter went on")
"""
    (tmp_path / "model.json").write_text('{"base_code":{"magic":"pir"}}')
    path = [str(Path(__file__).parent), *sys.path]
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{script}", tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (
        "segfleet: cudaErrorIllegalAddress leaves the card's context unusable, this worker ends: ExternalError: "
        "CUDA error(700), an illegal memory access was encountered.\n"
    )


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (str(FAULT), str(FAULT).partition("  (at")[0]),
        (
            "In user code:\n\n\n    InvalidArgumentError: bad shape.\n      [Hint: x]",
            "InvalidArgumentError: bad shape.",
        ),
        (ENFORCE.format(summary="NotFoundError: no file"), "NotFoundError: no file"),
        ('  File "net.py", line 3, in forward\n    y = net(x)\nError Message Summary:\n---\nFatal: bad', "Fatal: bad"),
        ("", "it gave no reason"),
        ("x" * 5000, "x" * 400 + "..."),
    ],
)
def test_no_card_used_the_cause_in_an_enforce_text(text, cause):
    assert cause_of(text) == cause


# ---- outputs ----


def test_no_card_used_half_and_bfloat16_scores_become_float32(install, make_model):
    scores = np.array([1.5, -2.0, 0.25], np.float32).reshape(1, 3, 1, 1).repeat(32, 2).repeat(32, 3)
    as_bf16 = (scores.view(np.uint32) >> 16).astype(np.uint16)
    for output in (scores.astype(np.float16), as_bf16, scores.astype(np.float64)):
        install(cuda=1, outputs={"scores": lambda batch, output=output: output})
        engine = loaded(make_model(output_op="softmax"), "gpu:0")
        got = engine.infer(ONE_PICTURE, 0)
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, scores)
        assert engine.class_count == 3


@pytest.mark.parametrize("shape", [(2, 32, 32), (1, 32), (1, 3, 32, 32), (1, 1, 1, 32, 32)])
def test_no_card_used_labels_of_a_wrong_shape_or_count_are_refused(install, make_model, shape):
    install(outputs={"labels": lambda batch: np.zeros(shape, np.int32)})
    with pytest.raises(EngineError, match="the graph's output 0 is int32"):
        loaded(make_model())
