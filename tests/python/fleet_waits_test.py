# SPDX-License-Identifier: Apache-2.0
"""A submit() that waits for shared memory: whatever makes room, or ends the fleet, wakes it."""

import os
import threading
from concurrent.futures import Future

import numpy as np
import pytest
import segfleet
from fleet_fixture import labels_of, picture
from segfleet import errors

LARGE = picture(0, 400, 400)  # one fits into an arena of 1 MiB beside the labels of another


def in_thread(work) -> Future:
    """`work` on a daemon thread, which no hang keeps the test from failing."""
    future: Future = Future()

    def run():
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


@pytest.fixture
def waits(monkeypatch):
    """Set as soon as a submit() has found no room and is about to wait."""
    event, wait = threading.Event(), segfleet.fleet._Out.wait_for_more_than

    def announced(out, ended):
        event.set()
        return wait(out, ended)

    monkeypatch.setattr(segfleet.fleet._Out, "wait_for_more_than", announced)
    return event


@pytest.fixture
def full(model, waits):
    """A fleet whose arena a batch fills that is held until "go" is opened; the batch; a submit() that waits."""
    for pipe in ("entered", "go"):
        os.mkfifo(pipe)
    fleet = segfleet.Fleet(model, "cpu", engine="own_engine:Held", arena_bytes=1 << 20)
    batch = in_thread(lambda: fleet.segment_batch(LARGE[None]))
    open("entered").close()
    waiting = in_thread(lambda: fleet.submit(LARGE))
    assert waits.wait(60)
    yield fleet, batch, waiting
    fleet.close(at_once=True)


def test_a_batch_that_ends_makes_room(full):
    _, batch, waiting = full
    open("go", "w").close()
    np.testing.assert_array_equal(batch.result(60)[0], labels_of(LARGE))
    np.testing.assert_array_equal(waiting.result(60).result(60).labels, labels_of(LARGE))


def test_the_end_of_a_fleet_ends_the_wait(full):
    fleet, batch, waiting = full
    fleet.close(at_once=True)
    assert isinstance(batch.exception(60), errors.Interrupted)
    assert isinstance(waiting.exception(60), (errors.Interrupted, errors.InvalidArgument))


class Failing(segfleet._native.NativeFleet):
    def take_finished(self):
        super().take_finished()
        raise MemoryError("no list")


def test_where_results_can_no_longer_be_handed_out_every_future_says_so(model, monkeypatch):
    monkeypatch.setattr(segfleet._native, "NativeFleet", Failing)
    with segfleet.Fleet(model, "cpu", engine="own_engine:Bright") as fleet:
        assert "no list" in str(fleet.submit(picture()).exception(60))
        fleet._collector.join(60)
        with pytest.raises(errors.Internal, match="no list"):
            fleet.submit(picture())


STUCK = picture(0, 400, 400, red=253)


def called_back(model, call):
    """What `call` gives or raises in a done callback that surely runs on the thread that hands out the results."""
    for pipe in ("entered", "go"):
        os.mkfifo(pipe)
    called: Future = Future()

    def callback(_):
        try:
            called.set_result(call(fleet))
        except BaseException as error:  # noqa: BLE001
            called.set_exception(error)

    fleet = segfleet.Fleet(model, "cpu", engine="own_engine:HeldFaulty", arena_bytes=1 << 20)
    try:
        first = fleet.submit(picture(red=0))
        open("entered").close()
        first.add_done_callback(callback)
        open("go", "w").close()
        result = called.result(60)
        return result.result(60).labels if isinstance(result, Future) else result
    finally:
        fleet.close(at_once=True)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda fleet: [fleet.submit(STUCK) for _ in range(2)], r"submit\(\) would wait"),
        (lambda fleet: list(fleet.map([LARGE])), r"map\(\) would wait"),
        (lambda fleet: fleet.close(), r"close\(\) would wait"),
    ],
    ids=["submit", "map", "close"],
)
def test_a_callback_that_would_wait_for_itself_is_refused(model, call, words):
    with pytest.raises(errors.InvalidArgument, match=words):
        called_back(model, call)


def test_a_callback_may_submit_where_there_is_room(model):
    second = picture(1, red=0)
    np.testing.assert_array_equal(called_back(model, lambda fleet: fleet.submit(second)), labels_of(second))
