# SPDX-License-Identifier: Apache-2.0
"""`segfleet report` on real runs, and its page in a real browser."""

import base64
import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
from browser import CHROMIUM, dom, screenshot
from live_run import LiveRun, wait_until
from segfleet_cli import ledger_rows, run, segfleet, write_picture, write_pictures

EVIL = "<script>document.documentElement.dataset.owned=1<script>&amp;.jpg"
SIMULATED = ["--engine", "simulated", "--devices", "sim*2", "--engine-option", "latency_ms=2"]

# What schema 2 did not have of an item.
LATER = [
    "worker",
    "begin_us",
    "infer_begin_us",
    "infer_end_us",
    "finish_begin_us",
    "write_begin_us",
    "end_us",
    "classes",
]

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: ./dev test does that")


def make_model(folder: pathlib.Path) -> pathlib.Path:
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"the simulated engine reads no graph")
    (folder / "deploy.yaml").write_text(
        "Deploy:\n  model: model.onnx\n  output_op: argmax\n  transforms:\n"
        "  - type: Resize\n    target_size: [64, 48]\n  - type: Normalize\n"
    )
    return folder


def make_inputs(folder: pathlib.Path) -> pathlib.Path:
    """40 pictures; a truncated one with an evil name, one in Chinese, one whose name is no UTF-8."""
    pictures = write_pictures(folder, 40, width=320, height=240)
    (folder / EVIL).write_bytes(pictures[0].read_bytes()[:500])
    shutil.copy(pictures[1], folder / "街道 1.jpg")
    shutil.copy(pictures[2], os.fsencode(folder) + b"/\xff\xfe.jpg")
    (folder / "broken-街.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """The output folder of a run with two failures."""
    folder = tmp_path_factory.mktemp("job")
    output = folder / "out"
    ended = run(make_model(folder / "model"), make_inputs(folder / "in"), output, *SIMULATED)
    assert ended.status == 3, ended
    return output


def report(output, *more, status: int = 0):
    ended = segfleet("report", output, *more)
    assert ended.status == status, ended
    return ended


class Page(HTMLParser):
    """The elements that matter of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.root, self.sections, self.marks, self.images, self.scripts = {}, {}, {}, [], 0
        self.section, self.skip, self.text = None, False, ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "html":
            self.root = attributes
        if tag == "section":
            self.section = attributes["id"]
            self.sections[self.section] = ""
        if tag in ("script", "style"):
            self.skip = True
            self.scripts += tag == "script"
        if tag == "path" and attributes.get("class") == "mark":
            assert "NaN" not in attributes["d"]
            self.marks[self.section] = self.marks.get(self.section, 0) + 1
        if tag == "img":
            self.images.append(attributes["src"])

    def handle_endtag(self, tag):
        self.skip = self.skip and tag not in ("script", "style")

    def handle_data(self, data):
        if self.skip:
            return
        self.text += data
        if self.section:
            self.sections[self.section] += data


def opened(path) -> Page:
    page = Page(dom(path))
    assert page.root.get("data-drawn") == "yes", page.root
    assert "data-error" not in page.root, page.root
    return page


@needs_browser
def test_the_page_draws_itself_without_an_error(job):
    report(job)
    page = opened(job / "report.html")
    for plot in ("throughput", "utilisation", "timeline"):
        assert page.marks.get(plot, 0) > 0, plot
    assert page.scripts == 3
    assert "limit" in page.text or "too little work" in page.text


@needs_browser
def test_failed_images_are_listed_with_their_names_as_they_are(job):
    report(job)
    page = opened(job / "report.html")
    assert EVIL in page.sections["failures"]
    assert "broken-街.jpg" in page.sections["failures"]
    assert "input_truncated" in page.sections["failures"]
    assert "data-owned" not in page.root


@needs_browser
def test_samples_are_pictures_that_the_browser_shows(job, tmp_path):
    report(job)
    page = opened(job / "report.html")
    assert len(page.images) == 12
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.images)


@needs_browser
def test_a_picture_of_any_shape_leaves_the_page_its_length(tmp_path):
    write_picture(tmp_path / "in" / "tall.png", width=2, height=9000)
    output = tmp_path / "out"
    assert run(make_model(tmp_path / "model"), tmp_path / "in", output, *SIMULATED).status == 0
    report(output)
    html = (output / "report.html").read_text()
    measure = "<script>root.dataset.height = root.scrollHeight;</script>"
    (output / "measured.html").write_text(html.replace("</body>", measure + "</body>"))
    page = opened(output / "measured.html")
    assert len(page.images) == 1
    assert int(page.root["data-height"]) < 5000


@needs_browser
@pytest.mark.parametrize(
    ("width", "more"), [(1200, []), (400, []), (1000, ["--blink-settings=preferredColorScheme=0"])]
)
def test_the_page_is_not_blank_at_any_width(job, tmp_path, width, more):
    report(job)
    picture = cv2.imread(str(screenshot(job / "report.html", tmp_path / "page.png", width, 1400, *more)))
    assert picture.shape[1] == width
    counts = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)[1]
    assert len(counts) > 100
    assert counts.max() < 0.97 * picture.shape[0] * picture.shape[1]


def data_of(path) -> dict:
    text = re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text(), re.DOTALL)
    return json.loads(text.group(1))


def test_the_page_asks_for_nothing_from_anywhere(job):
    report(job)
    text = (job / "report.html").read_text()
    assert "default-src 'none'" in text
    assert not re.search(r'(?:src|href)\s*=\s*["\']?(?:https?:)?//', text)
    assert len(text) < 3_000_000


def test_samples_show_the_picture_with_its_mask(job):
    report(job)
    picture = data_of(job / "report.html")["samples"]["pictures"][0]
    encoded = np.frombuffer(base64.b64decode(picture["src"].split(",")[1]), np.uint8)
    shown = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    original = cv2.imread(picture["input"])
    mask = cv2.imread(str(job / "masks" / (pathlib.Path(picture["input"]).stem + ".png")))
    assert shown.shape == original.shape == mask.shape
    blend = cv2.addWeighted(original, 0.6, mask, 0.4, 0)
    # JPEG halves the colours' size: blurred, they are the same.
    assert cv2.absdiff(cv2.blur(shown, (9, 9)), cv2.blur(blend, (9, 9))).mean() < 4


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


# ---- other runs


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


@needs_browser
def test_a_run_without_a_done_item_has_a_page(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"no picture")
    assert run(make_model(tmp_path / "model"), tmp_path / "in", tmp_path / "out", *SIMULATED).status == 3
    report(tmp_path / "out")
    page = opened(tmp_path / "out" / "report.html")
    assert "No item was done in this run." in page.text
    assert "a.jpg" in page.sections["failures"]


@needs_browser
def test_a_ledger_without_a_course_says_what_is_missing(job, tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    with contextlib.closing(sqlite3.connect(job / "ledger.sqlite")) as source:
        source.execute("VACUUM INTO ?", (str(output / "ledger.sqlite"),))
    with contextlib.closing(sqlite3.connect(output / "ledger.sqlite")) as ledger:
        ledger.executescript(
            "CREATE TABLE rows AS SELECT * FROM class_pixels; DROP VIEW class_pixels;"
            "ALTER TABLE rows RENAME TO class_pixels;"
            "DROP TABLE workers; DROP TABLE samples; DROP TABLE changes;"
            "UPDATE meta SET value = '2' WHERE key = 'schema_version';"
            + "".join(f"ALTER TABLE items DROP COLUMN {column};" for column in LATER)
        )
    report(output)
    page = opened(output / "report.html")
    assert "the timeline cannot be shown" in page.text
    assert page.marks == {"throughput": 2}
    assert "--trace: the ledger kept no times" in report(output, "--trace", tmp_path / "t", status=2).err
    assert ledger_rows(output, "SELECT value FROM meta WHERE key = 'schema_version'") == [("2",)]


def test_a_page_of_100000_items_on_64_devices_stays_small(job, tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    with contextlib.closing(sqlite3.connect(job / "ledger.sqlite")) as source:
        source.execute("VACUUM INTO ?", (str(output / "ledger.sqlite"),))
    with contextlib.closing(sqlite3.connect(output / "ledger.sqlite")) as ledger:
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


@needs_browser
def test_a_device_that_left_and_came_back_counts_while_it_was_there(tmp_path):
    model = make_model(tmp_path / "model")
    write_pictures(tmp_path / "in", 40)
    slow = ["--engine-option", "latency_ms=100", "--workers-per-device", "2"]
    with LiveRun(model, tmp_path / "in", tmp_path / "out", *slow, "--devices", "sim*2") as live:
        live.ask("resume")
        wait_until(lambda: live.device("sim:0")["done"] > 0)
        live.ask("remove", "sim:0")
        wait_until(lambda: live.device("sim:0")["workers"] == 0)
        live.ask("pause")
        live.ask("add", "sim:0")
        live.ask("resume")
        live.finish()
    facts = json.loads(report(live.output, "--json").out)
    told = [(change["device"], change["what"]) for change in facts["changes"]]
    assert told[-4:] == [("sim:0", "removed"), (None, "paused"), ("sim:0", "added"), (None, "resumed")]
    left, back = (facts["changes"][i]["at_s"] for i in (-4, -2))
    first, second = facts["devices"]
    assert (first["lanes"], second["lanes"]) == (2, 2)
    assert first["workers"] == 4
    assert first["there_s"] == pytest.approx(facts["end_s"] - (back - left), abs=0.001)
    assert second["there_s"] == pytest.approx(facts["end_s"], abs=0.001)
    page = opened(live.output / "report.html")
    assert "sim:0 removed after" in page.sections["timeline"]
    assert "there for" in page.sections["devices"]


@needs_browser
def test_a_run_with_fast_decode_says_how_labels_change(tmp_path):
    write_pictures(tmp_path / "in", 3, width=320, height=240)
    ended = run(make_model(tmp_path / "model"), tmp_path / "in", tmp_path / "out", *SIMULATED, "--fast-decode")
    assert ended.status == 0, ended
    report(tmp_path / "out")
    said = opened(tmp_path / "out" / "report.html").text
    assert "Fast decode: 3 of 3 images were decoded at a reduced scale; of 1 of them, also decoded in full, " in said


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
