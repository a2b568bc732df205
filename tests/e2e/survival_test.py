# SPDX-License-Identifier: Apache-2.0
"""Kills, stops, full disks and rival runs: after them the same command ends with the bytes of an undisturbed run."""

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest
from live_run import LiveRun
from segfleet_cli import (
    SANITIZED,
    SEGFLEET,
    ledger_rows,
    run,
    run_arguments,
    temporary_files,
    tree_bytes,
    write_pictures,
)

PICTURES = 60
SIMULATED = ["--engine", "simulated", "--devices", "sim*2"]
SLOW = [*SIMULATED, "--engine-option", "latency_ms=10"]  # so that a kill meets work
ORPHAN_LIMIT_S = 2 if not SANITIZED else 20


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    (folder / "deploy.yaml").write_text(
        "Deploy:\n  model: model.onnx\n  output_op: argmax\n  transforms:\n  - type: Normalize\n"
    )
    (folder / "model.onnx").write_bytes(b"the simulated engine reads no graph")
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    write_pictures(folder, PICTURES)
    return folder


@pytest.fixture(scope="module")
def undisturbed(model, pictures, tmp_path_factory):
    output = tmp_path_factory.mktemp("undisturbed")
    ended = run(model, pictures, output, *SIMULATED)
    assert ended.status == 0, ended
    masks = tree_bytes(output / "masks")
    assert len(masks) == PICTURES
    return masks


def start(model, pictures, output, *more):
    return subprocess.Popen(
        [str(SEGFLEET), *map(str, run_arguments(model, pictures, output, *more))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


def workers_of(process) -> list[int]:
    with contextlib.suppress(OSError):
        return [
            int(pid) for pid in pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        ]
    return []


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def catches(pid: int, number: int) -> bool:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (number - 1) & 1)


def wait_until(condition, limit_s: float = 60) -> bool:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def masks_in(output) -> int:
    return sum(1 for _ in (output / "masks").glob("*.png"))


def assert_as_undisturbed(output, undisturbed):
    assert tree_bytes(output / "masks") == undisturbed
    assert ledger_rows(output, "SELECT count(*) FROM items WHERE state = 'done'") == [(PICTURES,)]
    assert temporary_files(output) == []
    assert sorted(p.name for p in output.iterdir()) == ["ledger.sqlite", "masks", "summary.json"]


@pytest.mark.parametrize("seed", range(3))
def test_killed_workers_cost_nothing_but_time(model, pictures, undisturbed, tmp_path, seed):
    draw = random.Random(seed)
    output = tmp_path / "out"
    process = start(model, pictures, output, *SLOW)
    for _ in range(3):
        goal = masks_in(output) + draw.randrange(1, 8)
        assert wait_until(lambda goal=goal: masks_in(output) >= goal or process.poll() is not None)
        if victims := workers_of(process):
            with contextlib.suppress(ProcessLookupError):
                os.kill(draw.choice(victims), signal.SIGKILL)
    # Two kills that hit one item's worker while it was tried apart look like a guilty item: it has failed, and the
    # next run tries it again.
    status = process.wait(timeout=120)
    crashed = ledger_rows(output, "SELECT count(*) FROM items WHERE state = 'failed' AND code = 'worker_crashed'")
    assert status == (0 if crashed == [(0,)] else 3)
    assert ledger_rows(output, "SELECT count(*) FROM items WHERE state = 'pending'") == [(0,)]
    assert temporary_files(output) == []
    assert run(model, pictures, output, *SLOW).status == 0
    assert_as_undisturbed(output, undisturbed)


@pytest.mark.parametrize("seed", range(4))
def test_killed_coordinator_leaves_no_worker_and_the_same_command_goes_on(model, pictures, undisturbed, tmp_path, seed):
    draw = random.Random(seed)
    output = tmp_path / "out"
    for _ in range(3):
        process = start(model, pictures, output, *SLOW)
        goal = draw.randrange(0, 15)
        before = masks_in(output) if output.exists() else 0
        assert wait_until(lambda p=process, g=before + goal: masks_in(output) >= g or p.poll() is not None)
        workers = workers_of(process)
        process.kill()
        process.wait()
        assert wait_until(lambda w=workers: not any(map(is_alive, w)), ORPHAN_LIMIT_S), (
            "a worker outlives its coordinator"
        )
    ended = run(model, pictures, output, *SLOW)
    assert ended.status == 0, ended
    assert_as_undisturbed(output, undisturbed)
    attempts = ledger_rows(output, "SELECT count(DISTINCT run) FROM items")[0][0]
    assert attempts >= 1


def test_finished_items_are_not_computed_again_after_a_kill(model, pictures, undisturbed, tmp_path):
    output = tmp_path / "out"
    process = start(model, pictures, output, *SLOW)
    ledger = output / "ledger.sqlite"
    done = "SELECT count(*) FROM items WHERE state = 'done'"

    def some_are_done():
        with contextlib.suppress(Exception):
            return ledger.exists() and ledger_rows(output, done)[0][0] >= 5
        return False

    assert wait_until(some_are_done)
    process.kill()
    process.wait()
    known = ledger_rows(output, done)[0][0]
    ended = run(model, pictures, output, *SLOW)
    assert ended.status == 0, ended
    assert ended.last["skipped"] >= known
    assert_as_undisturbed(output, undisturbed)


def test_interrupt_drains_and_the_same_command_goes_on(model, pictures, undisturbed, tmp_path):
    output = tmp_path / "out"
    process = start(model, pictures, output, *SLOW)
    assert wait_until(lambda: masks_in(output) >= 5)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers as well
    assert process.wait(timeout=60) == 130
    done = ledger_rows(output, "SELECT count(*) FROM items WHERE state = 'done'")[0][0]
    assert done == masks_in(output), "what was leased was finished and written down"
    assert temporary_files(output) == []
    ended = run(model, pictures, output, *SLOW)
    assert ended.status == 0, ended
    assert ended.last["skipped"] == done
    assert_as_undisturbed(output, undisturbed)


def test_second_run_in_one_folder_is_refused_with_the_owner(model, pictures, undisturbed, tmp_path):
    output = tmp_path / "out"
    with LiveRun(model, pictures, output, "--devices", "sim*2") as first:  # paused, however long the second takes
        second = run(model, pictures, output, *SIMULATED)
        assert second.status == 1, second
        assert f"process {first.process.pid} on " in second.err + second.out
        first.ask("resume")
        first.finish()
    assert_as_undisturbed(output, undisturbed)


def test_full_disk_ends_the_run_and_more_room_lets_it_go_on(model, pictures, undisturbed, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(disk)], capture_output=True)
    if mount.returncode != 0:
        pytest.skip("a small disk cannot be mounted here: " + mount.stderr.decode().strip())
    try:
        output = disk / "out"
        output.mkdir()
        (disk / "filler").write_bytes(b"x" * 120_000)
        ended = run(model, pictures, output, *SIMULATED)
        assert ended.status == 1, ended
        assert "No space left" in ended.err + ended.out or "full" in ended.err + ended.out, ended
        assert temporary_files(output) == []
        states = dict(ledger_rows(output, "SELECT state, count(*) FROM items GROUP BY state"))
        assert states.get("failed", 0) == 0
        (disk / "filler").unlink()
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        ended = run(model, pictures, output, *SIMULATED)
        assert ended.status == 0, ended
        assert_as_undisturbed(output, undisturbed)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_a_closed_or_full_standard_stream_costs_no_picture(model, pictures, undisturbed, tmp_path):
    untold = 1  # the work is done, and the output that says so is lost
    ends = {
        ">&-": (0, 3),
        "2>&-": (0, 3),
        "2>/dev/full": (0, 3),
        "<&- >&- 2>&-": (0, 3),
        ">/dev/full": (untold, untold),
        ">/dev/full 2>/dev/full": (untold, untold),
    }
    for i, (streams, (all_done, all_failed)) in enumerate(ends.items()):
        output = tmp_path / str(i)
        words = run_arguments(model, pictures, output, *SIMULATED)
        command = ["bash", "-c", f'exec "$@" {streams}', "bash", SEGFLEET, *words]
        assert subprocess.run(command, timeout=120).returncode == all_done, streams
        words.remove("--json")
        again = tmp_path / f"{i}-for-people"
        words[words.index(output)] = again
        command = ["bash", "-c", f'exec "$@" {streams}', "bash", SEGFLEET, *words, "--max-pixels", "1"]
        assert subprocess.run(command, timeout=120).returncode == all_failed, streams
        assert_as_undisturbed(output, undisturbed)


def test_a_reader_of_standard_error_that_goes_away_costs_no_picture(model, pictures, undisturbed, tmp_path):
    output = tmp_path / "out"
    words = [str(w) for w in run_arguments(model, pictures, output, *SLOW) if w != "--json"]
    process = subprocess.Popen([str(SEGFLEET), *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stderr.readline()
    process.stderr.close()
    assert wait_until(lambda: workers_of(process) or process.poll() is not None)
    with contextlib.suppress(ProcessLookupError, IndexError):
        os.kill(workers_of(process)[0], signal.SIGKILL)  # which is told, to nobody
    assert process.wait(timeout=120) == 0
    assert_as_undisturbed(output, undisturbed)


def test_what_a_caller_asked_to_ignore_does_not_stop_the_run(model, pictures, undisturbed, tmp_path):
    output = tmp_path / "out"
    words = [str(w) for w in run_arguments(model, pictures, output, *SLOW)]
    command = ["bash", "-c", "trap '' HUP INT; exec \"$@\"", "bash", str(SEGFLEET), *words]  # as nohup does
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    assert wait_until(lambda: masks_in(output) >= 1)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 0
    assert_as_undisturbed(output, undisturbed)


def test_interrupt_while_a_list_is_awaited_ends_at_once_and_touches_nothing(model, tmp_path):
    output = tmp_path / "out"
    words = [str(w) for w in run_arguments(model, "-", output, *SIMULATED)]
    process = subprocess.Popen([str(SEGFLEET), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert wait_until(lambda: catches(process.pid, signal.SIGINT))
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130  # standard input is still open
    assert b'"exit_status":130' in process.stdout.read().splitlines()[-1]
    process.stdin.close()
    process.stdout.close()
    assert not output.exists()


def test_other_names_leave_no_mask_of_the_old_ones(model, pictures, tmp_path):
    output = tmp_path / "out"
    assert run(model, pictures, output, *SIMULATED).status == 0
    assert run(model, pictures, output, *SIMULATED, "--names", "full").status == 0
    stems = ledger_rows(output, "SELECT stem || '.png' FROM items WHERE state = 'done'")
    assert sorted(tree_bytes(output / "masks")) == sorted(stem for (stem,) in stems)
    assert len(stems) == PICTURES
