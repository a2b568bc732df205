# SPDX-License-Identifier: Apache-2.0
"""The page of `segfleet report`, in a real browser."""

import base64
import json
import pathlib
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
from browser import CHROMIUM, dom, screenshot
from live_run import LiveRun, wait_until
from report_job import EVIL, SIMULATED, copy_ledger, make_model, report
from segfleet_cli import ledger_rows, run, write_picture, write_pictures

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


# ---- other runs


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
    with copy_ledger(job, output) as ledger:
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
def test_what_a_monitor_read_is_drawn_over_time(job, tmp_path):
    with copy_ledger(job, tmp_path / "out") as ledger:
        end_us = json.loads(report(tmp_path / "out", "--json").out)["end_s"] * 1e6
        for i in range(10):
            ledger.execute(
                "INSERT INTO samples(run, at_us, span_us, device, device_util, temperature_c, power_w) "
                "VALUES(1, ?, ?, 'sim:0', ?, ?, 200)",
                (int(end_us * (i + 1) / 11), int(end_us / 11), 0.1 * i, 50 + i),
            )
        ledger.commit()
    facts = json.loads(report(tmp_path / "out", "--json").out)
    first, second = (device["monitor"] for device in facts["devices"])
    assert set(second.values()) == {None} and first["psi"] is None, "nobody read it"
    heat = first["temperature_c"]
    assert len(heat) == facts["bins"]
    assert heat[-1] is None, "after the last reading"
    known = [degrees for degrees in heat if degrees is not None]
    assert known == sorted(known) and set(known) >= set(range(50, 60)), "each has the bins of its span"
    assert len(known) == pytest.approx(len(heat) * 10 / 11, abs=2)
    page = opened(tmp_path / "out" / "report.html")
    assert page.marks["monitor"] > 0
    assert "heat: 59 °C" in page.sections["monitor"]
    assert "wait" not in page.sections["monitor"], "of no device"


@needs_browser
def test_a_run_with_fast_decode_says_how_labels_change(tmp_path):
    write_pictures(tmp_path / "in", 3, width=320, height=240)
    ended = run(make_model(tmp_path / "model"), tmp_path / "in", tmp_path / "out", *SIMULATED, "--fast-decode")
    assert ended.status == 0, ended
    report(tmp_path / "out")
    said = opened(tmp_path / "out" / "report.html").text
    assert "Fast decode: 3 of 3 images were decoded at a reduced scale; of 1 of them, also decoded in full, " in said
