# SPDX-License-Identifier: Apache-2.0
"""Simulated devices through real worker processes: chosen by --devices, faulty from a seed, each with its own words."""

import pytest
from segfleet_cli import run, write_pictures
from simulated_package import simulated_package
from terminal import printed_on_a_terminal


@pytest.fixture
def job(tmp_path):
    """Runs a job of small pictures on simulated devices."""
    model = simulated_package(tmp_path / "model")

    def start(count, devices, *options, **more):
        pictures = tmp_path / "pictures"
        write_pictures(pictures, count, width=16, height=12)
        words = [word for option in options for word in ("--engine-option", option)]
        return run(model, pictures, tmp_path / "out", "--devices", devices, *words, *more.pop("words", []), **more)

    return start


def notes(ended):
    return [event["text"] for event in ended.events if event["event"] == "note"]


def test_simulated_devices_choose_their_engine_and_say_what_their_masks_are(job):
    ended = job(6, "sim*3")
    assert ended.status == 0, ended
    assert ended.last["done"] == 6
    assert any("sim devices run no network" in note for note in notes(ended)), ended
    assert [device["device"] for device in ended.last["devices"]] == ["sim:0", "sim:1", "sim:2"]
    assert ended.last["devices"][0]["device_name"].startswith("simulated")


def test_simulated_devices_stand_beside_no_others(job):
    ended = job(1, "sim:0,cpu")
    assert ended.status == 2
    assert "leave the sim devices out" in ended.err


def test_a_worker_that_dies_at_every_fifth_call_still_gets_all_done(job):
    ended = job(14, "sim:0", "crash=@5")
    assert ended.status == 0, ended
    assert ended.last["done"] == 14
    assert [event["how"] for event in ended.events if event["event"] == "worker_died"]


def test_a_worker_that_hangs_is_replaced(job):
    ended = job(5, "sim:0", "hang=@3", words=["--item-timeout", "2"])
    assert ended.status == 0, ended
    assert ended.last["done"] == 5


def test_faults_of_a_seed_come_again(job, tmp_path):
    def failed(name):
        ended = job(40, "sim:0", "wrong_output=0.3", "seed=11", words=["--restart"])
        assert ended.status == 3, ended
        assert {event["error"]["code"] for event in ended.events if event["event"] == "item" and not event["done"]} == {
            "engine_error"
        }, name
        return ended.last["failed"]

    first = failed("first")
    assert 0 < first < 40
    assert failed("second") == first


def test_a_crash_by_chance_is_not_drawn_again_by_each_worker_that_is_started(job):
    # Of this seed the first worker dies at its first call: were the draw the same, no worker would get further.
    ended = job(12, "sim:0", "crash=0.05", "seed=334")
    assert ended.status == 0, ended
    assert ended.last["done"] == 12
    assert [event for event in ended.events if event["event"] == "worker_died"]


def test_an_option_of_a_device_that_is_not_there_is_said_once(job):
    ended = job(3, "sim*2", "sim:1-3.latency_ms=1", "sim:7.crash=1", "sim:0.latency_ms=1")
    assert ended.status == 0, ended
    said = [note for note in notes(ended) if note.startswith("--engine-option")]
    assert said == [
        "--engine-option sim:1-3.latency_ms=1: there is no sim:2, no sim:3 in this run; "
        "it counts from when it is added",
        "--engine-option sim:7.crash=1: there is no sim:7 in this run; it counts from when it is added",
    ]


def test_devices_have_settings_of_their_own(job):
    ended = job(60, "sim*2", "latency_ms=1", "sim:1.latency_ms=uniform:400:20")
    assert ended.status == 0, ended
    fast, slow = (device["done"] for device in ended.last["devices"])
    assert fast > slow
    assert fast + slow == 60


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("latency=4", "it has: classes, crash"),
        ("crash=often", "engine option crash: the simulated engine cannot use the value 'often'"),
        ("sim:x.latency_ms=4", "sim:0-3.latency_ms"),
        ("sim:9.memory=some", "cannot use the value 'some'"),
    ],
)
def test_options_that_make_no_sense_end_the_run_in_words(job, option, said):
    ended = job(1, "sim:0", option)
    assert ended.status == 2, ended
    assert said in ended.err


def test_what_is_computed_again_is_told_with_the_reason(job, tmp_path):
    def again(ended):
        prefix = "that earlier runs have done"
        return [note.replace(prefix, "…") for note in notes(ended) if prefix in note]

    def same_inputs(*words):
        return run(tmp_path / "model", tmp_path / "pictures", tmp_path / "out", "--devices", "sim:0", *words)

    assert again(job(3, "sim:0")) == []
    assert again(same_inputs()) == []
    (note,) = again(same_inputs("--outputs", "mask,overlay"))
    assert note == "3 pictures … are computed again: --outputs asks for an overlay now, which they do not have"
    next((tmp_path / "out" / "masks").iterdir()).unlink()
    (note,) = again(same_inputs())
    assert note == "1 picture … is computed again: their files are gone, or not of the size that was recorded"
    (note,) = again(job(3, "sim:0"))
    assert note == "3 pictures … are computed again: their inputs, or the names of their outputs, have changed since"


@pytest.mark.parametrize(("terminal", "redraws"), [("dumb", False), (None, False), ("xterm", True)])
def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(tmp_path, terminal, redraws):
    model = simulated_package(tmp_path / "model")
    write_pictures(tmp_path / "in", 4)
    words = ["run", "--model", model, "--input", tmp_path / "in", "--output", tmp_path / "out", "--devices", "sim:0"]
    printed = printed_on_a_terminal(words, terminal)
    assert (b"\x1b" in printed) == redraws, printed
