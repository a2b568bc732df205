# SPDX-License-Identifier: Apache-2.0
"""`segfleet tune` finds a plan, writes it, and `segfleet run --plan` takes it."""

import json
import os
import re
import signal
import subprocess

import pytest
from segfleet_cli import DEMO_MODEL, SANITIZED, SEGFLEET, copy_demo_model, run, segfleet, write_pictures
from terminal import COLUMNS, printed_on_a_terminal

# A search takes all of its budget. A real model must be loaded some times in it, a simulated one costs nothing.
BUDGET = "90s" if SANITIZED else "40s"
SIMULATED_BUDGET = "25s" if SANITIZED else "10s"
ONE_LANE = ["--workers-per-device", "1", "--lanes", "1", "--precision", "fp32"]


def tune(tmp_path, *more, model=DEMO_MODEL, inputs=None, budget=BUDGET, **options):
    """A cache of its own: tuners of one cache exclude each other."""
    pictures = inputs or tmp_path / "in"
    words = ["tune", "--model", model, "--input", pictures, "--output", tmp_path / "plan.yaml", "--budget", budget]
    return segfleet(*words, "--cache", tmp_path / "cache", *more, **options)


def simulated(tmp_path, *more, budget=SIMULATED_BUDGET, **options):
    return tune(tmp_path, "--engine", "simulated", "--devices", "sim:0", *more, budget=budget, **options)


@pytest.fixture
def place(tmp_path):
    write_pictures(tmp_path / "in", 6)
    return tmp_path


def leftovers(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(".segfleet"))


def test_the_demo_model_gets_a_plan_that_run_takes(place):
    ended = tune(place, "--json", "--batch", "1,2", "--lanes", "1", "--devices", "cpu", "--precision", "fp32")
    assert ended.status == 0, ended
    last = ended.last
    tuning = next(event for event in ended.events if event["event"] == "tuning")
    assert len(tuning["plans"]) == 4, "two batches, one or two workers"
    assert last["event"] == "tuned"
    recommended = last["recommended"]
    assert recommended["images_per_s"] > 0
    assert recommended["peak_memory_bytes"] > 1 << 20
    assert recommended["peak_device_memory_bytes"] is None, "it has none of its own"
    assert recommended["agreement"] == 1
    assert last["measured"][0]["images_per_s"] >= recommended["images_per_s"]
    assert leftovers(place) == []
    done = run(DEMO_MODEL, place / "in", place / "out", "--plan", place / "plan.yaml")
    assert done.status == 0, done
    assert done.events[0]["event"] == "note"
    assert str(place / "plan.yaml") in done.events[0]["text"]
    assert done.last["done"] == 6
    options = json.loads((place / "out" / "summary.json").read_text())["options"]
    for name in ("devices", "batch", "workers_per_device", "lanes", "precision"):
        assert options[name] == recommended["plan"][name], name


def test_an_option_said_beside_the_plan_wins_and_is_told(place):
    assert simulated(place, "--batch", "2", *ONE_LANE).status == 0
    done = run(DEMO_MODEL, place / "in", place / "out", "--plan", place / "plan.yaml", "--batch", "3")
    assert done.status == 0, done
    notes = [event["text"] for event in done.events if event["event"] == "note"]
    assert "--batch 3 was given: the plan's 2 is not used" in notes


def test_the_faster_plan_is_recommended(place):
    """A call costs 200 ms, whatever its batch: four at once are nearly four times as fast."""
    # Both must get their turn, also where other tests keep the cores busy.
    ended = simulated(place, "--batch", "1,4", *ONE_LANE, "--engine-option", "latency_ms=200", budget=BUDGET)
    assert ended.status == 0, ended
    table = [line for line in ended.out.splitlines() if "simulated fp32 sim:0" in line]
    assert table[0].startswith("*"), ended
    assert "batch 4" in table[0]
    assert "batch 1" in table[1]
    assert re.search(r"the limit is", ended.out)


def test_memory_of_a_device_that_has_its_own_stands_beside_the_hosts(place):
    memory = ["--engine-option", "memory=1GiB", "--engine-option", "memory_model=300MiB"]
    ended = simulated(place, *ONE_LANE, "--batch", "1", *memory)
    assert ended.status == 0, ended
    header, row = (line.split() for line in ended.out.splitlines()[:2])
    assert header[:4] == ["images/s", "memory", "on", "device"]
    assert row[4:6] == ["300", "MiB"], row
    assert "peak_device_memory_bytes: 314572800" in (place / "plan.yaml").read_text()


@pytest.mark.parametrize(("terminal", "redraws"), [("dumb", False), ("xterm", True)])
def test_progress_fits_into_one_row_of_the_terminal(place, terminal, redraws):
    words = ["tune", "--model", DEMO_MODEL, "--input", place / "in", "--output", place / "plan.yaml"]
    words += ["--budget", SIMULATED_BUDGET, "--engine", "simulated", "--devices", "sim:0", "--batch", "1,2", *ONE_LANE]
    printed = printed_on_a_terminal([*words, "--cache", place / "cache"], terminal)
    assert (b"\x1b" in printed) == redraws, printed
    drawn = [line for line in re.split(rb"\r\x1b\[K|\n", printed) if b" to go" in line]
    assert all(len(line.decode()) < COLUMNS for line in drawn), drawn
    assert any(b"best " in line for line in drawn) == redraws, "what is cut is the end of the plan's words"


def test_what_fails_is_shown_and_not_recommended(place):
    ended = simulated(place, "--json", "--batch", "1,4", "--workers-per-device", "1,2", "--engine-option", "nonsense=1")
    assert ended.status == 2, ended
    assert "nonsense" in ended.last["error"]["message"]
    ended = tune(
        place, "--json", "--engine", "simulated,openvino", "--devices", "sim:0", "--lanes", "1", "--batch", "1"
    )
    assert ended.status == 0, ended
    problems = {row["plan"]["engine"]: row["problem"] for row in ended.last["measured"]}
    assert problems["simulated"] is None
    assert problems["openvino"]


def test_pictures_that_cannot_be_read_leave_the_sample(place):
    (place / "in" / "p0001.jpg").write_bytes(b"\xff\xd8\xff no picture")
    ended = simulated(place, "--json", "--batch", "1", *ONE_LANE)
    assert ended.status == 0, ended
    notes = [event["text"] for event in ended.events if event["event"] == "note"]
    assert sum("p0001.jpg is left out of the sample" in note for note in notes) == 1, notes
    for picture in (place / "in").iterdir():
        picture.write_bytes(b"\xff\xd8\xff no picture")
    ended = simulated(place, "--json", "--batch", "1", *ONE_LANE)
    assert ended.status == 1, ended
    assert ended.last["error"]["code"] == "input_unreadable"


def test_progress_is_a_line_a_trial_and_quiet_says_nothing(place):
    ended = simulated(place, "--batch", "1", *ONE_LANE)
    assert ended.status == 0, ended
    assert "images/s" in ended.err
    ended = simulated(place, "--batch", "1", *ONE_LANE, "--quiet")
    assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_the_plan_of_another_model_or_machine_is_refused_with_what_differs(place):
    assert simulated(place, "--batch", "1", *ONE_LANE).status == 0
    other = copy_demo_model(place)
    with open(other / "model.onnx", "ab") as graph:
        graph.write(b"changed")
    plan = place / "plan.yaml"
    ended = run(other, place / "in", place / "out", "--plan", plan)
    assert ended.status == 2, ended
    assert "another model" in ended.err
    text = plan.read_text()
    plan.write_text(re.sub(r"\n  cpu: .*", '\n  cpu: "Z80"', text))
    ended = run(DEMO_MODEL, place / "in", place / "out", "--plan", plan)
    assert ended.status == 2, ended
    assert "Z80 there" in ended.err
    assert not (place / "out").exists()


def test_a_second_tuner_says_who_runs_and_stops(place):
    first = start(place)
    try:
        assert b"combinations" in first.stderr.readline()
        second = simulated(place, "--json", "--batch", "1")
        assert second.status == 1, second
        assert second.last["error"]["code"] == "output_locked"
        assert f"process {first.pid} " in second.last["error"]["message"]
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=120)


def test_ctrl_c_in_a_trial_removes_everything_and_ends_with_130(place):
    tuner = start(place)
    assert b"combinations" in tuner.stderr.readline()
    tuner.send_signal(signal.SIGINT)
    _, complaint = tuner.communicate(timeout=120)
    assert tuner.returncode == 130, complaint
    assert b"no plan was written" in complaint
    assert not (place / "plan.yaml").exists()
    assert leftovers(place) == []


def start(place) -> subprocess.Popen:
    """A search that takes far longer than the test: each call costs a minute."""
    words = [SEGFLEET, "tune", "--model", DEMO_MODEL, "--input", place / "in", "--output", place / "plan.yaml"]
    words += ["--budget", "1h", "--cache", place / "cache", "--engine", "simulated", "--devices", "sim:0"]
    words += ["--engine-option", "latency_ms=60000"]
    return subprocess.Popen([os.fspath(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
