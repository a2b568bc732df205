# SPDX-License-Identifier: Apache-2.0
"""`segfleet report` on real runs: its figures, its trace, and what it refuses. page_test.py looks at the page."""

import contextlib
import json
import pathlib
import re
import shutil
import sqlite3

import pytest
from report_job import EVIL, SIMULATED, copy_ledger, report
from segfleet_cli import ledger_rows, run, segfleet, write_picture


def test_json_has_the_figures_of_the_ledger(job):
    facts = json.loads(report(job, "--json").out)
    assert facts["done"] == ledger_rows(job, "SELECT count(*) FROM items WHERE state = 'done'")[0][0] == 42
    assert facts["failed"] == 2
    assert sum(facts["done_over_time"]) == 42
    assert sum(device["done"] for device in facts["devices"]) == 42
    assert abs(sum(facts["shares"].values()) - 1) < 0.01
    assert {entry["code"] for entry in facts["failure_counts"]} == {"input_truncated", "input_unsupported"}
    pixels = ledger_rows(job, "SELECT sum(pixels) FROM class_pixels")[0][0]
    assert sum(entry["pixels"] for entry in facts["classes"]) == pixels
    assert facts["html"] == str(job / "report.html")


def test_every_item_has_its_times_on_the_runs_clock(job):
    rows = ledger_rows(
        job,
        "SELECT i.begin_us, i.infer_begin_us, i.infer_end_us, i.finish_begin_us, i.write_begin_us, i.end_us, "
        "w.ready_us, w.ended_us FROM items i JOIN workers w ON w.run = i.run AND w.number = i.worker "
        "WHERE i.state = 'done'",
    )
    assert len(rows) == 42
    for *moments, ready, ended in rows:
        assert [ready, *moments] == sorted([ready, *moments])
        assert moments[-1] <= ended
    assert ledger_rows(job, "SELECT count(*) FROM samples WHERE busy_us > 0")[0][0] >= 2


# ---- the trace


def spans_nest(events: list[dict]) -> None:
    """Every span lies inside the one that holds it, track by track, and they come in order."""
    tracks = {}
    for event in events:
        assert {"ph", "ts", "pid", "tid", "name"} <= event.keys()
        assert isinstance(event["ts"], int)
        assert event["ts"] >= 0
        if event["ph"] == "X":
            assert event["dur"] >= 0
            tracks.setdefault((event["pid"], event["tid"]), []).append(event)
    for spans in tracks.values():
        assert [span["ts"] for span in spans] == sorted(span["ts"] for span in spans)
        open_ends = []
        for span in spans:
            end = span["ts"] + span["dur"]
            while open_ends and open_ends[-1] <= span["ts"]:
                open_ends.pop()
            assert not open_ends or end <= open_ends[-1], span
            open_ends.append(end)


def test_the_trace_is_sound_and_has_every_item(job, tmp_path):
    report(job, "--html", tmp_path / "page.html", "--trace", tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    spans_nest(events)
    prepared = [event for event in events if event["ph"] == "X" and event["name"] == "prepare"]
    assert len(prepared) == 44
    written = [event for event in events if event["ph"] == "X" and event["name"] == "write"]
    assert sum(event["args"]["items"] for event in written) == 42
    names = {event["args"]["name"] for event in events if event["name"] == "process_name"}
    workers = [name for name in names if not name.startswith("device ")]
    assert len(workers) == 2
    assert all(re.fullmatch(r"sim:\d worker \d \(pid \d+\)", name) for name in workers)
    tracks = {event["args"]["name"].split()[0] for event in events if event["name"] == "thread_name"}
    assert tracks == {"worker", "prepare", "infer", "finish", "write"}


# ---- other runs and ledgers


def test_a_resumed_job_has_a_page_for_each_run(job, tmp_path):
    output = tmp_path / "out"
    shutil.copytree(job, output)
    (job.parent / "in" / EVIL).unlink()
    write_picture(job.parent / "in" / "late.jpg", seed=77)
    assert run(job.parent / "model", job.parent / "in", output, *SIMULATED).status == 3
    latest = json.loads(report(output, "--json").out)
    assert (latest["run"]["id"], latest["done"], latest["failed"]) == (2, 1, 1)
    assert len(latest["runs"]) == 2
    first = json.loads(report(output, "--json", "--run", 1).out)
    assert first["done"] == 42
    assert "no run 3: its runs are 1 to 2" in report(output, "--run", 3, status=2).err


def test_a_page_of_100000_items_on_64_devices_stays_small(job, tmp_path):
    output = tmp_path / "out"
    with copy_ledger(job, output) as ledger:
        grow(ledger)
    facts = json.loads(report(output, "--json").out)
    assert len(facts["devices"]) == 64
    assert facts["done"] == 100_000
    assert (output / "report.html").stat().st_size < 3_000_000


def grow(ledger: sqlite3.Connection) -> None:
    """100,000 items on 64 devices in place of what the ledger has."""
    ledger.executescript("DELETE FROM items; DELETE FROM workers; DELETE FROM samples;")
    ledger.executemany(
        "INSERT INTO workers(run, number, device, slot, pid, helper_threads, started_us, ready_us, lanes, ended_us, "
        "end_reason) VALUES(1, ?, ?, ?, ?, 2, 10, 1000, 1, 17000000, 'drained')",
        ((i + 1, f"gpu:{i}", i, 1000 + i) for i in range(64)),
    )
    rows = []
    for i in range(100_000):
        at = 1000 + 10_000 * (i // 64)
        moments = (at, at + 3000, at + 9000, at + 9100, at + 9500, at + 9900)
        rows.append((i, f"/in/{i}", f"{i}.jpg", f"{i}", f"gpu:{i % 64}", i % 64 + 1, *moments))
    ledger.executemany(
        "INSERT INTO items(id, path, input, stem, size_bytes, mtime_ns, state, run, device, worker, begin_us, "
        "infer_begin_us, infer_end_us, finish_begin_us, write_begin_us, end_us, attempts, decode_us, infer_us, "
        "read_us, transform_us, queue_us, restore_us, encode_us, write_us) "
        "VALUES(?, ?, ?, ?, 1, 1, 'done', 1, ?, ?, ?, ?, ?, ?, ?, ?, 1, 2900, 6000, 10, 10, 100, 100, 200, 300)",
        rows,
    )
    ledger.commit()


def test_a_page_of_a_busy_ledger_can_be_made(job, tmp_path):
    output = tmp_path / "out"
    shutil.copytree(job, output)
    with contextlib.closing(sqlite3.connect(output / "ledger.sqlite")) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE runs SET ended_at = NULL, status = NULL")
        writer.commit()
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE items SET attempts = 9")
        facts = json.loads(report(output, "--json").out)
        writer.rollback()
    assert facts["run"]["ended_at"] is None
    assert facts["done"] == 42


# ---- bad input


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "ledger.sqlite does not exist"),
        (b"x" * 5000, "file is not a database"),
        ("CREATE TABLE other(x)", "not a ledger of segfleet"),
        ("CREATE TABLE meta(key, value); INSERT INTO meta VALUES('schema_version', '9')", "has ledger schema 9"),
    ],
)
def test_a_folder_without_a_usable_ledger_is_refused(tmp_path, content, said):
    if isinstance(content, bytes):
        (tmp_path / "ledger.sqlite").write_bytes(content)
    elif content:
        with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as other:
            other.executescript(content)
    ended = segfleet("report", tmp_path)
    assert ended.status in (1, 2)
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "report.html").exists()


def test_a_damaged_ledger_is_refused(job, tmp_path):
    shutil.copy(job / "ledger.sqlite", tmp_path / "ledger.sqlite")
    with open(tmp_path / "ledger.sqlite", "r+b") as file:
        file.seek(4096)
        file.write(b"\x7f" * 4096 * 6)
    ended = report(tmp_path, status=1)
    assert "ledger_error" in ended.err
    assert not (tmp_path / "report.html").exists()


def test_a_target_that_is_no_file_is_refused(job, tmp_path):
    assert "--html /dev/null is no regular file" in report(job, "--html", "/dev/null", status=2).err
    assert "--trace /dev/null is no regular file" in report(job, "--trace", "/dev/null", status=2).err
    assert pathlib.Path("/dev/null").is_char_device()
    (tmp_path / "file").write_text("")
    ended = segfleet("report", job, "--trace", tmp_path / "file" / "trace.json")
    assert ended.status in (1, 2)
    assert "cannot write" in ended.err
