# SPDX-License-Identifier: Apache-2.0
"""The way of a batch to a card and back, on stand-ins of ONNX Runtime and of NVIDIA's driver. NO CARD WAS USED: what is
shown is in which order the two are called, with which memory, and what is made of their errors."""

import gc
import threading

import numpy as np
import pytest
from card_engine import Fail, engine_of, labels, pictures
from segfleet import errors, load_model_package


def in_page_locked_memory(engine, batch):
    """As the worker does it: a copy of the batch in memory that the engine gave."""
    memory = engine.input_memory(batch.nbytes)
    lent = memory[: batch.nbytes].view(np.float32).reshape(batch.shape)
    lent[...] = batch
    return lent


def on_thread(work):
    given = []
    thread = threading.Thread(target=lambda: given.append(work()))
    thread.start()
    thread.join(60)
    return given[0]


def test_no_card_a_batch_goes_up_and_down_through_page_locked_memory(script, cuda, package):
    engine = engine_of(package)
    batch = pictures(2, 3, 32, 64)
    result = engine.infer(in_page_locked_memory(engine, batch), 0)
    assert np.array_equal(result, labels(batch))
    assert [(way, size, pinned) for way, size, pinned, _ in cuda.copies] == [
        ("up", batch.nbytes, True),
        ("down", result.nbytes, True),
    ]


def test_no_card_a_batch_in_ordinary_memory_is_computed_as_well(script, cuda, package):
    batch = pictures(1, 3, 32, 64)
    assert np.array_equal(engine_of(package).infer(batch, 0), labels(batch))
    assert cuda.copies[0][2] is False


def test_no_card_labels_come_back_as_bytes(script, cuda, package):
    result = engine_of(package).infer(pictures(2, 3, 32, 64), 0)
    assert result.dtype == np.uint8
    assert cuda.copies[-1][:2] == ("down", 2 * 32 * 64)


def test_no_card_tensorrt_gets_the_graph_as_it_is(script, package):
    assert engine_of(package, extra={"tensorrt": "1"}).output[1] == "i32"


def test_no_card_results_stay_as_they_were_while_others_are_computed(script, package):
    engine = engine_of(package)
    held = []
    for i in range(100):
        batch = pictures(1, 3, 32, 64) + i
        held.append((engine.infer(batch, 0), labels(batch)))
    assert all(np.array_equal(result, expected) for result, expected in held)


def test_no_card_memory_of_results_that_nobody_holds_is_used_again(script, cuda, package):
    engine = engine_of(package)
    for _ in range(20):
        engine.infer(pictures(1, 3, 32, 64), 0)
    assert cuda.pinned_bytes == 32 * 64


def test_no_card_input_memory_goes_back_when_it_is_let_go(script, cuda, package):
    engine = engine_of(package)
    for _ in range(5):
        memory = engine.input_memory(1 << 20)
        assert memory.size >= 1 << 20 and memory.__array_interface__["data"][0] % 64 == 0
        del memory
        gc.collect()
    assert cuda.pinned_bytes <= 1 << 20


def test_no_card_each_lane_copies_in_a_stream_of_its_own(script, cuda, package):
    engine = engine_of(package, lanes=2)
    for lane in (0, 1):
        engine.infer(pictures(1, 3, 32, 64), lane)
    first, second = {copy[3] for copy in cuda.copies[:2]}, {copy[3] for copy in cuda.copies[2:]}
    assert len(first) == len(second) == 1 and first != second


def test_no_card_a_lane_is_done_while_another_still_computes(script, package):
    engine = engine_of(package, lanes=2)
    batches = [pictures(1, 3, 32, 64), pictures(1, 3, 32, 64) + 1]
    computing, go_on = threading.Event(), threading.Event()

    def hold():
        script.while_computing = lambda: None
        computing.set()
        assert go_on.wait(60)

    script.while_computing = hold
    results = []
    thread = threading.Thread(target=lambda: results.append(engine.infer(batches[0], 0)))
    thread.start()
    assert computing.wait(60)
    assert np.array_equal(engine.infer(batches[1], 1), labels(batches[1]))
    go_on.set()
    thread.join(60)
    assert np.array_equal(results[0], labels(batches[0]))


def test_no_card_any_thread_may_ask_for_memory_and_run(script, package):
    engine = engine_of(package)
    batch = pictures(1, 3, 32, 64)
    lent = on_thread(lambda: in_page_locked_memory(engine, batch))
    assert np.array_equal(on_thread(lambda: engine.infer(lent, 0)), labels(batch))


def test_no_card_where_no_memory_can_be_locked_that_is_said_once_and_ordinary_memory_does(script, cuda, package, capfd):
    cuda.errors["cuMemHostAlloc"] = 2
    engine = engine_of(package)
    assert engine.input_memory(1 << 20) is None
    batch = pictures(1, 3, 32, 64)
    for _ in range(3):
        assert np.array_equal(engine.infer(batch, 0), labels(batch))
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "CUDA_ERROR_OUT_OF_MEMORY" in said and "ordinary memory" in said


def test_no_card_no_more_than_the_limit_is_locked(cuda):
    from segfleet.engines.cuda_driver import CudaDriver
    from segfleet.engines.pinned_memory import PinnedMemory

    said = []
    pinned = PinnedMemory(CudaDriver(), said.append, limit_bytes=3 << 20)
    held = [pinned.take(1 << 20) for _ in range(5)]
    assert [block is not None for block in held] == [True] * 3 + [False] * 2
    assert len(said) == 1 and "3 MiB are page-locked" in said[0]
    held.pop(0)
    assert pinned.take(1 << 20) is not None  # what was given back makes room
    assert len(said) == 1


@pytest.mark.parametrize("call", ["cuMemcpyHtoDAsync_v2", "cuStreamSynchronize", "cuMemcpyDtoHAsync_v2"])
def test_no_card_a_copy_that_fails_is_an_engine_error_and_the_next_batch_goes_on(script, cuda, package, call):
    engine = engine_of(package)
    cuda.errors[call] = 1
    with pytest.raises(errors.EngineError, match=f"CUDA failure 1: CUDA_ERROR_INVALID_VALUE in {call}"):
        engine.infer(pictures(1, 3, 32, 64), 0)
    del cuda.errors[call]
    assert engine.infer(pictures(1, 3, 32, 64), 0).shape == (1, 32, 64)


def test_no_card_a_copy_that_ran_out_of_memory_is_out_of_memory(script, cuda, package):
    engine = engine_of(package)
    cuda.errors["cuMemcpyHtoDAsync_v2"] = 2
    with pytest.raises(errors.OutOfMemory):
        engine.infer(pictures(1, 3, 32, 64), 0)


def test_no_card_smaller_batches_are_filled_up_to_the_last_ones_in_all_lanes(script, package):
    engine = engine_of(of_one_size(package), lanes=2)
    for i, (count, lane) in enumerate([(4, 0), (2, 1), (3, 0), (1, 1), (4, 1)]):
        batch = pictures(count, 3, 32, 64) + i
        assert np.array_equal(engine.infer(batch, lane), labels(batch))
    assert script.device_values == [(4, 3, 32, 64)] * 2


def test_no_card_what_was_too_much_is_not_filled_up_to_again(script, package):
    engine = engine_of(of_one_size(package))
    script.run_errors = [Fail("out of memory")]
    with pytest.raises(errors.OutOfMemory):
        engine.infer(pictures(4, 3, 32, 64), 0)
    script.device_values.clear()
    engine.infer(pictures(2, 3, 32, 64), 0)
    assert script.device_values == [(2, 3, 32, 64)]


def test_no_card_a_batch_size_that_is_over_is_forgotten(script, package):
    engine = engine_of(of_one_size(package))
    for count in [4] + [2] * 64:
        engine.infer(pictures(count, 3, 32, 64), 0)
    assert script.device_values == [(4, 3, 32, 64), (2, 3, 32, 64)]


def test_no_card_where_pictures_have_many_sizes_nothing_is_filled_up(script, package):
    script.input_shape = ["n", 3, "h", "w"]
    engine = engine_of(package)
    for count in (4, 2):
        engine.infer(pictures(count, 3, 32, 64), 0)
    assert script.device_values == [(4, 3, 32, 64), (2, 3, 32, 64)]


def of_one_size(package):
    text = package.config_path.read_text()
    package.config_path.write_text(text.replace("Deploy:", "Deploy:\n  input_shape: [-1, 3, 32, 64]"))
    return load_model_package(package.folder)


def test_no_card_each_shape_is_captured_once_and_then_replayed_with_each_batchs_own_pixels(script, package):
    engine = engine_of(of_one_size(package), extra={"cuda_graph": "1"})
    script.captures.clear()
    for i in range(8):
        batch = pictures(1 + i % 2, 3, 32, 64) + i
        assert np.array_equal(engine.infer(batch, 0), labels(batch))
    assert len(script.captures) == len(set(script.captures)) == 2
    assert len(script.replays) == 4  # of each shape: one run finds the result's place, one is captured, two replayed


def test_no_card_a_cuda_graph_is_tried_when_the_model_is_loaded(script, package):
    package = of_one_size(package)
    script.while_capturing = lambda: (_ for _ in ()).throw(Fail("CUDA failure 900: operation not permitted"))
    with pytest.raises(errors.InvalidArgument, match="cuda_graph=1 cannot be had on gpu:3: .*900.*leave it out"):
        engine_of(package, extra={"cuda_graph": "1"})


def test_no_card_nothing_is_locked_or_freed_while_a_graph_is_captured(script, package):
    engine = engine_of(of_one_size(package), extra={"cuda_graph": "1"})
    captured = []
    script.while_capturing = lambda: captured.append(engine._pinned.no_change().locked())
    for _ in range(2):
        engine.infer(pictures(1, 3, 32, 64), 0)
    assert captured == [True]
    assert on_thread(lambda: engine.input_memory(1 << 20)) is not None


def test_no_card_shapes_beyond_the_eighth_run_without_a_graph(script, package):
    engine = engine_of(of_one_size(package), extra={"cuda_graph": "1"}, batch=32)
    script.captures.clear()
    for count in [*range(1, 13), *range(1, 13), *range(1, 13)]:
        batch = pictures(count, 3, 32, 64)
        assert np.array_equal(engine.infer(batch, 0), labels(batch))
    assert len(script.captures) == 8


def test_no_card_after_a_failure_all_buffers_are_new_and_so_is_the_graph(script, package):
    engine = engine_of(of_one_size(package), extra={"cuda_graph": "1"})
    batch = pictures(1, 3, 32, 64)
    for _ in range(3):
        engine.infer(batch, 0)
    script.run_errors = [Fail("out of memory")]
    with pytest.raises(errors.OutOfMemory):
        engine.infer(batch, 0)
    for i in range(3):
        assert np.array_equal(engine.infer(batch + i, 0), labels(batch + i))
    assert len(script.captures) == len(set(script.captures)) == 3  # the one at load among them


def test_no_card_a_cuda_graph_is_one_lane_and_said(script, package):
    engine = engine_of(of_one_size(package), extra={"cuda_graph": "1"}, lanes=2)
    assert engine.lanes == 1
    assert any("cuda_graph=1" in note and "1 lane" in note for note in engine.notes)
    provider = next(item[1] for item in script.sessions[-1][0] if item[0] == "CUDAExecutionProvider")
    assert provider["enable_cuda_graph"] == 1


def test_no_card_without_the_option_no_graph_is_asked_for(script, package):
    engine = engine_of(package)
    engine.infer(pictures(1, 3, 32, 64), 0)
    provider = next(item[1] for item in script.sessions[-1][0] if item[0] == "CUDAExecutionProvider")
    assert "enable_cuda_graph" not in provider and script.captures == []


@pytest.mark.parametrize(
    ("extra", "device", "words"),
    [
        ({"cuda_graph": "1"}, "gpu:0", "one network size"),
        ({"cuda_graph": "1"}, "cpu", "means nothing on device cpu"),
        ({"cuda_graph": "1", "tensorrt": "1"}, "gpu:0", "for CUDA alone"),
        ({"cuda_graph": "yes"}, "gpu:0", "0 or 1"),
    ],
    ids=["open size", "cpu", "tensorrt", "value"],
)
def test_no_card_a_cuda_graph_that_cannot_be_is_refused_in_words(script, package, extra, device, words):
    script.input_shape = ["n", 3, "h", "w"]
    with pytest.raises(errors.InvalidArgument, match=words):
        engine_of(package, extra=extra, device=device)


def test_no_card_a_graph_that_onnx_runtime_will_not_capture_is_refused_with_its_reason(script, package):
    script.load_error = Fail(
        "[ONNXRuntimeError] : 1 : FAIL : This session cannot use the graph capture feature as requested by the user "
        "as all compute graph nodes have not been partitioned to the CUDAExecutionProvider"
    )
    with pytest.raises(errors.InvalidArgument, match="cuda_graph=1: .*partitioned.*leave the option out"):
        engine_of(package, extra={"cuda_graph": "1"})
