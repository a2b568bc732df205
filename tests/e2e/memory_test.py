# SPDX-License-Identifier: Apache-2.0
"""Batches by measured memory, through real worker processes on simulated devices with memory of their own."""

import pytest
from live_run import LiveRun, wait_until
from segfleet_cli import ledger_rows, run, write_pictures
from simulated_package import simulated_package

MIB = 1 << 20
# 1000 MiB, of which the model takes 300 and each picture of a batch 100.
MEMORY = ["memory=1000MiB", "memory_model=300MiB", "memory_per_item=100MiB"]


@pytest.fixture
def job(tmp_path):
    model = simulated_package(tmp_path / "model", 12, 16)

    def arguments(count, devices, options, *words):
        pictures = tmp_path / "pictures"
        write_pictures(pictures, count, width=16, height=12)
        told = [word for option in options for word in ("--engine-option", option)]
        return [model, pictures, tmp_path / "out", "--devices", devices, *told, *words]

    def start(*asked):
        return run(*arguments(*asked))

    start.live = lambda *asked: LiveRun(*arguments(*asked))
    start.output = tmp_path / "out"
    return start


def notes(ended):
    return [event["text"] for event in ended.events if event["event"] == "note"]


def test_a_batch_that_does_not_fit_is_said_and_what_fits_is_used(job):
    ended = job(40, "sim:0", MEMORY, "--batch", "16", "--memory-reserve", "50MiB")
    assert ended.status == 0, ended
    assert ended.last["done"] == 40
    assert "sim:0: batch 16 would need 1.9 GiB and 950 MiB may be used: running with 6" in notes(ended)
    device = ended.last["devices"][0]
    assert 1 <= device["batch"] <= 6
    assert 400 * MIB <= device["memory_used_bytes"] <= 950 * MIB
    assert device["memory_total_bytes"] == 1000 * MIB
    row = ledger_rows(job.output, "SELECT device, batch, memory_used_bytes, memory_total_bytes FROM run_devices")
    assert row == [("sim:0", device["batch"], device["memory_used_bytes"], 1000 * MIB)]


def test_the_limit_holds_and_counts_per_device(job):
    ended = job(20, "sim:0", MEMORY, "--batch", "16", "--memory-limit", "60%")
    assert any("600 MiB may be used: running with 3" in note for note in notes(ended)), ended
    assert ended.last["devices"][0]["memory_used_bytes"] <= 600 * MIB


def test_memory_that_cannot_be_measured_is_said_and_the_batch_is_halved(job):
    ended = job(40, "sim:0", ["oom_if_batch_over=2", "latency_ms=50"], "--batch", "16", "--memory-limit", "1GiB")
    assert ended.status == 0, ended
    assert ended.last["done"] == 40
    assert any("sim:0: the engine cannot tell how much memory is used" in note for note in notes(ended)), ended
    assert any("did not fit in memory, continuing with" in note for note in notes(ended)), ended
    device = ended.last["devices"][0]
    assert 1 <= device["batch"] <= 2
    assert device["memory_total_bytes"] is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["memory=8GiB", "memory_model=3GiB", "sim:1.memory=1GiB"], "needs 3.0 GiB and 1.0 GiB are free"),
        (
            [*MEMORY, "sim:1.memory=350MiB"],
            "sim:1 is too small for one picture: with the model loaded 300 MiB are used and 50 MiB of 350 MiB",
        ),
    ],
    ids=["for_the_model", "for_one_picture"],
)
def test_a_device_that_is_too_small_is_left_out_with_numbers(job, options, said):
    # Paused until sim:1 has given up: else sim:0 may end the job before sim:1 has loaded.
    with job.live(6, "sim*2", options) as live:
        wait_until(lambda: live.device("sim:1")["state"] == "lost")
        live.ask("resume")
        events = live.finish()
    assert [(device["done"], device["state"]) for device in events[-1]["devices"]] == [(6, "stopped"), (0, "lost")]
    assert any("sim:1" in event["text"] and said in event["text"] for event in events if event["event"] == "note")


def test_a_limit_is_told_where_one_picture_does_not_fit(job):
    ended = job(2, "sim:0", ["memory=350MiB", *MEMORY[1:]], "--memory-limit", "340MiB", "--memory-reserve", "1MiB")
    assert ended.status == 1, ended
    assert "50 MiB of 350 MiB are free, 340 MiB may be used (" in ended.last["error"]["message"], ended


def test_the_run_fails_with_the_numbers_where_no_device_is_left(job):
    ended = job(2, "sim:0", ["memory=1GiB", "memory_model=3GiB"])
    assert ended.status == 1, ended
    assert ended.last["error"]["code"] == "out_of_memory"
    assert "needs 3.0 GiB and 1.0 GiB are free" in ended.last["error"]["message"]


def test_a_limit_that_not_even_one_picture_meets_is_refused_with_numbers(job):
    ended = job(2, "sim:0", MEMORY, "--memory-limit", "350MiB")
    assert ended.status == 1, ended
    assert "needs 400 MiB and 350 MiB may be used: raise --memory-limit" in ended.last["error"]["message"]


def test_the_next_worker_begins_with_half_of_the_batch_that_the_last_one_died_with(job, tmp_path):
    ended = job(60, "sim:0", [f"crash_once_file={tmp_path / 'crashed'}"], "--batch", "8")
    assert ended.status == 0, ended
    assert ended.last["done"] == 60
    assert any("begins with 4 pictures a batch" in note for note in notes(ended)), ended
    assert ended.last["devices"][0]["batch"] == 4


def test_batches_grow_as_far_as_memory_goes(job):
    ended = job(200, "sim:0", [*MEMORY, "latency_ms=4"], "--batch", "auto", "--memory-limit", "500MiB")
    assert ended.status == 0, ended
    assert ended.last["done"] == 200
    device = ended.last["devices"][0]
    assert 1 <= device["batch"] <= 2
    assert device["memory_used_bytes"] <= 500 * MIB


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--memory-limit", "0"], "--memory-limit must be more than 0"),
        (["--memory-limit", "0%"], "--memory-limit must be more than 0"),
        (["--memory-limit", "2GiB"], "--memory-limit 2.0 GiB is more than sim:0 has, 1000 MiB"),
        (["--memory-limit", "120%"], '--memory-limit: "120%" is no amount of memory'),
        (["--memory-limit", "-4GiB"], '--memory-limit: "-4GiB" is no amount of memory'),
        (["--memory-limit", "much"], '--memory-limit: "much" is no amount of memory'),
        (["--memory-reserve", "100%"], "--memory-reserve must be less than 100%"),
        (["--batch", "auto", "--sticky-resize-by-short"], "not 1 and auto"),
        (["--batch", "automatic"], "--batch"),
    ],
)
def test_impossible_settings_are_usage_errors_in_words(job, words, said):
    words = [f"{words[0]}={words[1]}", *words[2:]]
    ended = job(1, "sim:0", MEMORY, *words)
    assert ended.status == 2, ended
    assert said in ended.err
