# SPDX-License-Identifier: Apache-2.0
"""`segfleet ctl` on live runs: pause, resume, devices that come and go, and clients that mean no good."""

import contextlib
import json
import signal
import stat

import pytest
from live_run import SIMULATED, SOCKET, LiveRun, wait_until, write_model
from segfleet_cli import ledger_rows, run, segfleet, write_pictures

PICTURES = 40
SLOW = ["--engine-option", "latency_ms=150"]  # so that what is asked meets work


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    write_pictures(folder, PICTURES)
    return folder


def notes(events) -> list[str]:
    return [e["text"] for e in events if e["event"] == "note"]


def all_done(output) -> bool:
    return ledger_rows(output, "SELECT state, count(*) FROM items GROUP BY state") == [("done", PICTURES)]


def test_a_paused_run_finishes_what_workers_hold_and_hands_nothing_out(model, pictures, tmp_path):
    with LiveRun(model, pictures, tmp_path / "out", *SLOW, "--devices", "sim:0") as live:
        wait_until(lambda: live.device("sim:0")["state"] == "running")
        assert (live.status()["waiting"], live.status()["leased"]) == (PICTURES, 0)
        assert "resumed" in live.ctl("resume").out
        wait_until(lambda: live.status()["done"] > 0)
        live.ask("pause")
        assert "paused already" in live.ctl("pause").out
        before = wait_until(lambda: (now := live.status())["leased"] == 0 and now)
        assert before["paused"]
        assert 0 < before["waiting"] < PICTURES
        after = wait_until(lambda: (now := live.status())["elapsed_s"] > before["elapsed_s"] + 0.5 and now)
        assert after["waiting"] == before["waiting"]
        assert "paused" in live.ctl("status").out
        live.ask("resume")
        events = live.finish()
    assert all_done(live.output)
    assert any(e["event"] == "progress" and e["paused"] for e in events)
    assert [text.split(":")[0] for text in notes(events)].count("paused") == 2
    assert notes(events).count("resumed") == 2


def test_devices_are_added_to_a_live_run(model, pictures, tmp_path):
    with LiveRun(model, pictures, tmp_path / "out", "--devices", "sim:0", "--workers-per-device", "2") as live:
        assert "added sim:1, sim:3" in live.ctl("add", "sim:1,3").out
        wait_until(lambda: all(d["state"] == "running" and d["workers"] == 2 for d in live.status()["devices"]))
        assert "not paused" not in live.ctl("resume").out
        events = live.finish()
    assert all_done(live.output)
    rows = dict(ledger_rows(live.output, "SELECT device, count(*) FROM items GROUP BY device"))
    assert set(rows) == {"sim:0", "sim:1", "sim:3"}
    assert "device sim:1 is added to this run" in notes(events)
    assert {d["device"]: d["done"] for d in events[-1]["devices"]} == rows


def test_a_removed_device_finishes_what_it_holds_and_gets_no_more(model, pictures, tmp_path):
    with LiveRun(model, pictures, tmp_path / "out", *SLOW, "--devices", "sim*2") as live:
        live.ask("resume")
        wait_until(lambda: live.device("sim:0")["done"] > 0 and live.device("sim:1")["done"] > 0)
        assert "removed sim:0" in live.ask("remove", "sim:0")["said"]
        gone = wait_until(lambda: (now := live.device("sim:0"))["workers"] == 0 and now)
        assert gone["state"] == "removed"
        events = live.finish()
    assert all_done(live.output)
    devices = {d["device"]: d for d in events[-1]["devices"]}
    assert devices["sim:0"]["done"] == gone["done"]
    assert devices["sim:0"]["state"] == "removed"
    assert not [e for e in events if e["event"] == "worker_died"]


def test_a_run_without_a_device_waits_and_says_so(model, pictures, tmp_path):
    with LiveRun(model, pictures, tmp_path / "out", "--devices", "sim:0") as live:
        ended = live.ctl("remove", "sim:0")
        assert "no device is left: the run waits" in ended.out, ended
        wait_until(lambda: live.device("sim:0")["workers"] == 0)
        assert "waits for a device" in live.ctl("status").out
        assert "sim:0 has no part in this run; it has no device now" in live.ctl("remove", "sim:0").err
        assert "added sim:0" in live.ctl("add", "sim:0").out
        live.ask("resume")
        events = live.finish()
    assert all_done(live.output)
    assert [d["device"] for d in events[-1]["devices"]] == ["sim:0"]  # it goes on in its entry


def test_a_run_that_waits_for_a_device_can_be_stopped(model, pictures, tmp_path):
    with LiveRun(model, pictures, tmp_path / "out", "--devices", "sim:0") as live:
        live.ctl("remove", "sim:0")
        live.process.send_signal(signal.SIGINT)
        live.process.wait(timeout=120)
    assert live.process.returncode == 130
    assert not (live.output / SOCKET).exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "gpu:9"], "gpu:9 is not on this machine"),
        (["add", "gpu:9"], "there are: cpu:"),
        (["add", "sim:0"], "sim:0 runs already"),
        (["add", "sim:5,0"], "sim:0 runs already"),
        (["add", "auto"], "auto"),
        (["add", "?"], "names no device"),
        (["remove", "gpu:0"], "gpu:0 has no part in this run; it runs on sim:0, sim:1"),
        (["remove", "gpu"], "gpu has no part in this run"),
        (["remove", "sim*2"], "names no devices that could be removed"),
        (["add"], "ctl add lacks its devices"),
        (["pause", "sim:0"], "ctl pause takes no devices"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(held_run, words, said):
    before = [d["device"] for d in held_run.status()["devices"]]
    ended = held_run.ctl(*words)
    assert ended.status == 2, ended
    assert said in ended.err
    assert [d["device"] for d in held_run.status()["devices"]] == before


@pytest.fixture(scope="module")
def held_run(model, pictures, tmp_path_factory):
    """A paused run for questions that change nothing."""
    with LiveRun(model, pictures, tmp_path_factory.mktemp("held") / "out", "--devices", "sim*2") as live:
        yield live
        live.ask("resume")
        live.finish()
    assert all_done(live.output)
    assert sorted(p.name for p in live.output.iterdir()) == ["ledger.sqlite", "masks", "summary.json"]


def test_only_the_owner_may_use_the_socket(held_run):
    assert stat.S_IMODE((held_run.output / SOCKET).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\n",
        b"\x00\xff\xfe\n",
        b"[1]\n",
        b'{"version":1,"command":"explode"}\n',
        b'{"version":1,"command":["pause"]}\n',
        b'{"version":2,"command":"status"}\n',
        b'{"version":1,"command":"add"}\n',
        b'{"version":1,"command":"add","devices":{"a":[[[[[[1]]]]]]}}\n',
        b"[" * 4096,
        b"x" * 4096,
    ],
)
def test_rubbish_is_answered_and_changes_nothing(held_run, request_bytes):
    answer = held_run.answer_to(request_bytes)
    assert answer["ok"] is False
    assert answer["error"]["code"] == "invalid_argument"
    assert held_run.status()["paused"]


def test_silent_clients_hold_nobody_up(held_run):
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(held_run.connect()).sendall(b'{"version"')
        with held_run.connect() as gone:
            gone.sendall(b'{"version":1,"command":"status"}\n')  # and does not wait for the answer
        assert held_run.status()["paused"]


def test_two_clients_are_answered_each(held_run):
    with held_run.connect() as first, held_run.connect() as second:
        second.sendall(b'{"version":1,"command":"status"}\n')
        assert json.loads(second.makefile().readline())["run"]["total"] == PICTURES
        first.sendall(b'{"version":1,"command":"status"}\n')
        assert json.loads(first.makefile().readline())["run"]["pid"] == held_run.process.pid


def test_without_a_run_there_is_nothing_to_control(model, pictures, tmp_path):
    ended = segfleet("ctl", tmp_path, "status")
    assert ended.status == 2
    assert f"no run is busy in {tmp_path}" in ended.err
    assert "there is no output folder" in segfleet("ctl", tmp_path / "none", "status").err


def test_a_killed_runs_socket_is_nobodys_and_the_next_run_takes_its_place(model, pictures, tmp_path):
    with LiveRun(model, pictures, tmp_path / "out", "--devices", "sim*2") as live:
        live.process.kill()
        live.process.wait()
        assert (live.output / SOCKET).exists()
        assert "no run is busy in" in live.ctl("status").err
    with LiveRun(model, pictures, tmp_path / "out", "--devices", "sim*2") as live:
        assert live.ctl("status").status == 0
        live.ask("resume")
        live.finish()
    assert all_done(live.output)
    assert not (live.output / SOCKET).exists()


def test_a_path_longer_than_a_sockets_address_is_no_obstacle(model, pictures, tmp_path):
    output = tmp_path / ("long" * 50) / "out"
    with LiveRun(model, pictures, output, "--devices", "sim*2") as live:
        assert live.ctl("status").status == 0
        live.ask("resume")
        live.finish()
    assert not (output / SOCKET).exists()


def test_where_no_socket_can_be_the_run_says_so_once_and_goes_on(model, pictures, tmp_path):
    (tmp_path / "out" / SOCKET).mkdir(parents=True)
    ended = run(model, pictures, tmp_path / "out", *SIMULATED, "--devices", "sim*2")
    assert ended.status == 0, ended
    assert sum("`segfleet ctl` cannot reach this run" in text for text in notes(ended.events)) == 1
