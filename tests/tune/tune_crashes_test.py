# SPDX-License-Identifier: Apache-2.0
"""Whose fault it is where workers die in a search: a picture's, or the candidate's."""

import cv2
import numpy as np
import pytest
from segfleet_cli import DEMO_MODEL, SANITIZED, segfleet, write_pictures

BUDGET = "40s" if SANITIZED else "15s"


@pytest.fixture
def place(tmp_path):
    write_pictures(tmp_path / "pictures", 6)
    return tmp_path


def tune(place, *more):
    words = ["--model", DEMO_MODEL, "--input", place / "pictures", "--output", place / "plan.yaml"]
    words += ["--cache", place / "cache", "--budget", BUDGET, "--engine", "simulated", "--precision", "fp32"]
    words += ["--batch", "1", "--lanes", "1", "--workers-per-device", "1", "--threads", "1"]
    return segfleet("tune", "--json", *words, *more)


def notes(ended) -> list[str]:
    return [event["text"] for event in ended.events if event["event"] == "note"]


def test_a_picture_that_kills_workers_leaves_the_sample_and_no_candidate_with_it(place):
    white = np.zeros((48, 64, 3), np.uint8)
    white[0, 0] = 255
    cv2.imwrite(str(place / "pictures" / "p0002.png"), white)
    ended = tune(place, "--devices", "sim:0", "--engine-option", "crash_if_first_pixel=1")
    assert ended.status == 0, ended
    assert [row["problem"] for row in ended.last["measured"]] == [None]
    assert sum("p0002.png is left out of the sample: its worker died" in note for note in notes(ended)) == 1, ended


def test_an_engine_that_kills_workers_whatever_the_picture_is_not_recommended(place):
    for crash in ("1", "@20"):
        ended = tune(place, "--devices", "sim:0", "--devices", "sim:1", "--engine-option", f"sim:0.crash={crash}")
        assert ended.status == 0, ended
        assert ended.last["recommended"]["plan"]["devices"] == "sim:1"
        problems = {row["plan"]["devices"]: row["problem"] for row in ended.last["measured"]}
        assert "a worker" in problems["sim:0"] or "was lost" in problems["sim:0"], ended
        assert not any("left out" in note for note in notes(ended)), ended
