# SPDX-License-Identifier: Apache-2.0
"""A search recommends no candidate whose labels differ more than --agreement from those of fp32."""

import os
import sys

import pytest
from segfleet_cli import segfleet, write_pictures
from simulated_package import simulated_package

# Where it is not fp32, the left `share` of each picture gets another class.
ENGINE = """
import numpy as np


class Rounds:
    def load(self, model, options):
        self.share = 0 if options.precision == "fp32" else float(options.extra.get("share", 0))
        if options.precision == "fp32" and options.extra.get("no_fp32"):
            raise ValueError("its weights are bf16 alone")

    def infer(self, batch, lane):
        labels = (batch[:, 0] > 0).astype(np.uint8)
        labels[:, :, : round(self.share * labels.shape[2])] ^= 1
        return labels
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "own_engine.py").write_text(ENGINE)
    simulated_package(tmp_path / "model")
    write_pictures(tmp_path / "pictures", 6)
    return tmp_path


def tune_rounding(place, *more):
    words = ["--model", "model", "--input", "pictures", "--output", "plan.yaml", "--cache", "cache", "--budget", "15s"]
    words += ["--batch", "1", "--lanes", "1", "--workers-per-device", "1", "--threads", "1"]
    words += ["--engine", "own_engine:Rounds", "--devices", "cpu:0"]
    environment = {**os.environ, "SEGFLEET_PYTHON": sys.executable}
    return segfleet("tune", "--json", *words, *more, cwd=place, env=environment)


def rows(ended) -> dict:
    return {row["plan"]["precision"]: row for row in ended.last["measured"]}


def notes(ended) -> list[str]:
    return [event["text"] for event in ended.events if event["event"] == "note"]


def test_labels_that_differ_more_than_agreement_are_shown_and_not_recommended(place):
    ended = tune_rounding(place, "--precision", "fp32,bf16", "--engine-option", "share=0.25")
    assert ended.status == 0, ended
    assert ended.last["recommended"]["plan"]["precision"] == "fp32"
    bf16 = rows(ended)["bf16"]
    assert bf16["agreement"] == 0.75
    assert bf16["problem"] == "changes 25.00 % of the pixels"
    assert bf16["images_per_s"] > 0, "shown with its figure"
    assert any("75.00 % of the pixels" in note for note in notes(ended)), ended


def test_labels_that_agree_enough_may_be_recommended(place):
    ended = tune_rounding(place, "--precision", "bf16", "--engine-option", "share=0.25", "--agreement", "75")
    assert ended.status == 0, ended
    recommended = ended.last["recommended"]
    assert (recommended["plan"]["precision"], recommended["agreement"]) == ("bf16", 0.75)
    assert list(rows(ended)) == ["bf16"], "fp32 was computed for its masks alone"


def test_labels_that_cannot_be_compared_are_not_recommended(place):
    ended = tune_rounding(place, "--precision", "fp32,bf16", "--engine-option", "no_fp32=1")
    assert ended.status != 0, ended
    assert any(
        "bf16 cannot be compared with fp32" in note and "its weights are bf16 alone" in note and "--agreement 0" in note
        for note in notes(ended)
    ), ended
    assert not (place / "plan.yaml").exists()


def test_who_wants_no_comparison_gets_none(place):
    ended = tune_rounding(place, "--precision", "bf16", "--engine-option", "no_fp32=1", "--agreement", "0")
    assert ended.status == 0, ended
    assert ended.last["recommended"]["plan"]["precision"] == "bf16"
    assert ended.last["recommended"]["agreement"] is None
