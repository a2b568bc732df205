# SPDX-License-Identifier: Apache-2.0
"""A fleet that is used wrongly, or whose engine fails: each ends in a typed error, never in a hang."""

import asyncio
import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import cv2
import numpy as np
import pytest
import segfleet
from fleet_fixture import labels_of, picture, write_package
from segfleet import errors


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((4, 4, 3), np.float32), "float32: the pixels must be uint8"),
        (np.zeros((4, 4, 3), np.int8), "int8: the pixels must be uint8"),
        (np.zeros((4, 4), np.uint8), "of shape 4×4: it must be H×W×3; make a grey picture"),
        (np.zeros((4, 4, 1), np.uint8), "make a grey picture one of three channels"),
        (np.zeros((4, 4, 4), np.uint8), "of shape 4×4×4: it must be H×W×3"),
        (np.zeros((3, 4, 4), np.uint8), "of shape 3×4×4"),
        (np.zeros((0, 4, 3), np.uint8), "has no pixels"),
        (np.zeros((1, 4, 4, 3), np.uint8), "it must be H×W×3"),
        (b"", "0 bytes"),
        ("a\0b.png", "'a.x00b.png' has a NUL byte"),
        (pathlib.Path("a\0b.png"), "has a NUL byte"),
        ("\ud800.png", "cannot be written in the file system's encoding"),
        ([[1, 2, 3]], "of type list"),
        (None, "of type NoneType"),
        (7, "of type int"),
    ],
)
def test_what_is_no_image_is_refused_in_words(fleet, image, words):
    with pytest.raises(errors.InvalidArgument, match=words):
        fleet.submit(image)
    with pytest.raises(errors.InvalidArgument, match=words):
        asyncio.run(fleet.segment(image))
    np.testing.assert_array_equal(fleet.submit(picture()).result(60).labels, labels_of(picture()))


@pytest.mark.parametrize(
    "batch", [[picture()], picture(), np.zeros((2, 4, 4, 3), np.float64), np.zeros((2, 0, 4, 3), np.uint8)]
)
def test_what_is_no_batch_is_refused_in_words(fleet, batch):
    with pytest.raises(errors.InvalidArgument):
        fleet.segment_batch(batch)


def test_files_that_are_no_pictures_fail_by_themselves(fleet, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    missing, text, noise = tmp_path / "none.png", tmp_path / "text.png", b"\x89PNG\r\n\x1a\nshort"
    futures = [fleet.submit(image) for image in (missing, text, noise, picture())]
    kinds = [errors.NotFound, errors.InputUnsupported, (errors.InputTruncated, errors.InputCorrupt)]
    for future, kind in zip(futures, kinds, strict=False):
        assert isinstance(future.exception(60), kind), future.exception()
    np.testing.assert_array_equal(futures[3].result(60).labels, labels_of(picture()))


@pytest.mark.parametrize(
    ("red", "kind"),
    [
        (255, errors.WorkerCrashed),
        (254, errors.EngineError),
        (252, errors.EngineError),
        (251, errors.EngineError),
        (250, errors.EngineError),
    ],
)
def test_a_picture_that_its_engine_fails_costs_its_own_future(model, red, kind):
    with segfleet.Fleet(model, "cpu", engine="own_engine:Faulty") as fleet:
        futures = [fleet.submit(picture(seed, red=red if seed == 3 else 0)) for seed in range(8)]
        for seed, future in enumerate(futures):
            if seed == 3:
                assert isinstance(future.exception(60), kind), future.exception()
            else:
                np.testing.assert_array_equal(future.result(60).labels, labels_of(picture(seed, red=0)))


def test_an_engine_that_hangs_costs_one_future(model):
    with segfleet.Fleet(model, "cpu", engine="own_engine:Faulty", item_timeout=1.5) as fleet:
        hanging, other = fleet.submit(picture(1, red=253)), fleet.submit(picture(2, red=0))
        assert isinstance(hanging.exception(60), errors.WorkerTimeout)
        np.testing.assert_array_equal(other.result(60).labels, labels_of(picture(2, red=0)))


def test_an_engine_that_prints_megabytes_hurts_nobody(model, capfd):
    with segfleet.Fleet(model, "cpu", engine="own_engine:Loud") as fleet:
        for seed, result in enumerate(fleet.map(picture(seed) for seed in range(3))):
            np.testing.assert_array_equal(result.labels, labels_of(picture(seed)))
    capfd.readouterr()


def test_scores_of_nan_are_class_0_without_confidence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = write_package(tmp_path, output_op="none")
    with segfleet.Fleet(model, "cpu", engine="own_engine:NotANumber", confidence=True) as fleet:
        result = fleet.submit(picture()).result(60)
    assert not result.labels.any()
    assert not result.confidence.any()


def test_a_failed_picture_of_a_batch_is_named(model):
    batch = np.stack([picture(seed, red=254 if seed == 2 else 0) for seed in range(4)])
    with (
        segfleet.Fleet(model, "cpu", engine="own_engine:Faulty") as fleet,
        pytest.raises(errors.EngineError, match="image 2 of 4: .*KeyError"),
    ):
        fleet.segment_batch(batch)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"engine": "own_engine:NoLoad"}, errors.EngineError, "the licence has run out"),
        ({"engine": "own_engine:Nothing"}, errors.EngineUnavailable, "no class Nothing"),
        ({"engine": "nothing"}, errors.EngineUnavailable, "'nothing' is not installed"),
        ({"devices": "gpu:9"}, errors.DeviceUnknown, "gpu:9"),
        ({"batch": 0}, errors.InvalidArgument, "batch=0"),
        ({"batch": "two"}, errors.InvalidArgument, "batch='two'"),
        ({"size": "huge"}, errors.InvalidArgument, "size='huge'.*'original', 'network'"),
        ({"bacth": 1}, errors.InvalidArgument, "no option 'bacth'"),
        ({"arena_bytes": 5}, errors.InvalidArgument, "arena_bytes 5"),
        ({"engine": "openvino", "confidence": True}, errors.InvalidArgument, "^confidence: the network's scores"),
    ],
)
def test_a_fleet_that_cannot_open_says_why(model, options, kind, words):
    with pytest.raises(kind, match=words):
        segfleet.Fleet(model, **{"devices": "cpu", "engine": "own_engine:Bright", **options})


def test_a_missing_model_is_a_file_that_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        segfleet.Fleet(tmp_path / "none")
    assert isinstance(raised.value, segfleet.Error)
    assert raised.value.code == "not_found"


def test_a_closed_fleet_refuses_everything_and_may_be_closed_again(fleet):
    fleet.close()
    fleet.close()
    for call in (
        lambda: fleet.submit(picture()),
        lambda: fleet.segment_batch(picture()[None]),
        lambda: list(fleet.map([picture()])),
    ):
        with pytest.raises(errors.InvalidArgument, match="closed"):
            call()


def test_closing_waits_for_what_is_out(model):
    fleet = segfleet.Fleet(model, "cpu", engine="own_engine:Slow")
    futures = [fleet.submit(picture(seed)) for seed in range(3)]
    fleet.close()
    assert all(future.done() and future.exception() is None for future in futures)


def test_closing_at_once_interrupts_what_is_out(model):
    fleet = segfleet.Fleet(model, "cpu", engine="own_engine:Slow")
    futures = [fleet.submit(picture(seed)) for seed in range(20)]
    fleet.close(at_once=True)
    assert all(future.done() for future in futures)
    assert isinstance(futures[-1].exception(), errors.Interrupted)


def test_two_threads_may_use_one_fleet(fleet):
    problems = []

    def use(first):
        try:
            for seed in range(first, first + 40):
                np.testing.assert_array_equal(fleet.submit(picture(seed)).result(60).labels, labels_of(picture(seed)))
        except BaseException as error:  # noqa: BLE001
            problems.append(error)

    threads = [threading.Thread(target=use, args=(1000 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_results_that_fill_the_shared_memory_are_said_and_room_comes_back(model):
    with segfleet.Fleet(model, "cpu", engine="own_engine:Bright", arena_bytes=1 << 20) as fleet:
        held = []
        with pytest.raises(errors.OutOfMemory, match="held by results"):
            while True:
                held.append(fleet.submit(picture(0, 200, 200)).result(60))
        assert len(held) > 5
        held.clear()
        assert fleet.submit(picture(0, 200, 200)).result(60).labels.shape == (200, 200)
        with pytest.raises(errors.InvalidArgument, match="do not fit"):
            fleet.submit(picture(0, 1000, 1000))


def test_labels_of_small_arrays_take_whole_pages_of_the_shared_memory(model):
    with segfleet.Fleet(model, "cpu", engine="own_engine:Bright", arena_bytes=1 << 20) as fleet:
        held = []
        with pytest.raises(errors.OutOfMemory, match="held by results"):
            while True:
                held.append(fleet.submit(picture(0, 100, 100)).result(60))
        # 12 KiB of labels each; the next array of 32 KiB and its labels find no room.
        assert 78 <= len(held) <= 82


def test_labels_of_files_and_encoded_pictures_lie_beside_the_shared_memory(model):
    file = cv2.imencode(".png", picture(0, 400, 400))[1].tobytes()
    pathlib.Path("a.png").write_bytes(file)
    with segfleet.Fleet(model, "cpu", engine="own_engine:Bright", arena_bytes=1 << 20) as fleet:
        held = [fleet.submit(image).result(60) for _ in range(8) for image in (file, "a.png")]
        assert sum(result.labels.nbytes for result in held) > 2 * (1 << 20)
        for result in (*held, fleet.submit(picture(0, 400, 400)).result(60)):
            np.testing.assert_array_equal(result.labels, labels_of(picture(0, 400, 400)))


def test_a_full_arena_only_slows_submit(model):
    with segfleet.Fleet(model, "cpu", engine="own_engine:Bright", arena_bytes=1 << 20) as fleet:
        for seed, result in enumerate(fleet.map((picture(seed, 150, 150) for seed in range(40)), window=100)):
            np.testing.assert_array_equal(result.labels, labels_of(picture(seed, 150, 150)))
            del result


def test_closing_while_others_submit_ends_every_call(model):
    fleet = segfleet.Fleet(model, "cpu", engine="own_engine:Bright")
    started, problems = threading.Barrier(4), []

    def use(seed):
        started.wait()
        try:
            while True:
                np.testing.assert_array_equal(fleet.submit(picture(seed)).result(60).labels, labels_of(picture(seed)))
        except (errors.InvalidArgument, errors.Interrupted):
            pass
        except BaseException as error:  # noqa: BLE001
            problems.append(error)

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    started.wait()
    fleet.close()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert not any(thread.is_alive() for thread in threads)


def _use_in_child(fleet, pipe):
    calls = (
        lambda: fleet.submit(picture()),
        lambda: fleet.segment_batch(picture()[None]),
        lambda: list(fleet.map([picture()])),
        fleet.stats,
    )
    try:
        for call in calls:
            try:
                call()
            except errors.InvalidArgument as error:
                pipe.send(str(error))
        fleet._native.stop()
        fleet.close()
        pipe.send("closed")
    finally:
        pipe.close()
        os._exit(0)


def test_after_a_fork_the_fleet_belongs_to_the_parent(fleet):
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_use_in_child, args=(fleet, theirs))
    child.start()
    for words in (*["before fork()"] * 4, "closed"):
        assert ours.poll(60)
        assert words in ours.recv()
    child.join(60)
    np.testing.assert_array_equal(fleet.submit(picture()).result(60).labels, labels_of(picture()))


def ctrl_c_when(also=lambda: True):
    """A Ctrl-C as soon as the engine has opened the pipe "entered" and `also` is true."""

    def interrupt():
        open("entered").close()
        while not also():
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()


@pytest.fixture
def pipes(model):
    for pipe in ("entered", "go"):
        os.mkfifo(pipe)


@pytest.fixture
def ctrl_c_once_entered(pipes):
    ctrl_c_when()


@pytest.mark.parametrize(
    "use",
    [
        lambda fleet: fleet.segment_batch(picture()[None]),
        lambda fleet: list(fleet.map([picture()])),
        lambda fleet: fleet.submit(picture()).result(),
    ],
    ids=["segment_batch", "map", "result"],
)
@pytest.mark.usefixtures("ctrl_c_once_entered")
def test_ctrl_c_ends_the_wait_and_leaves_the_fleet_usable(model, use):
    with segfleet.Fleet(model, "cpu", engine="own_engine:Held") as fleet:
        with pytest.raises(KeyboardInterrupt):
            use(fleet)
        open("go", "w").close()
        np.testing.assert_array_equal(fleet.submit(picture(1)).result(60).labels, labels_of(picture(1)))


@pytest.mark.usefixtures("ctrl_c_once_entered")
def test_ctrl_c_ends_the_wait_for_a_model_that_does_not_load(model):
    with pytest.raises(KeyboardInterrupt):
        segfleet.Fleet(model, "cpu", engine="own_engine:HangsInLoad")


@pytest.mark.usefixtures("pipes")
def test_ctrl_c_while_closing_closes_at_once(model):
    fleet = segfleet.Fleet(model, "cpu", engine="own_engine:Held")
    future = fleet.submit(picture())
    ctrl_c_when(lambda: fleet._closed)
    with pytest.raises(KeyboardInterrupt):
        fleet.close()
    assert isinstance(future.exception(60), errors.Interrupted)


def test_a_program_that_ends_without_closing_its_fleet_ends_well(model):
    program = f"import segfleet; fleet = segfleet.Fleet({str(model)!r}, 'cpu', engine='own_engine:Bright')"
    for _ in range(6):  # what went wrong did so by chance
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
        assert (ended.returncode, ended.stderr) == (0, "")
