# SPDX-License-Identifier: Apache-2.0
"""Confidence maps and what goes by them, from the command line to the files, the ledger and resume."""

import json
import sqlite3

import cv2
import numpy as np
import pytest
from PIL import Image
from segfleet_cli import DEMO_MODEL, copy_demo_model, run, tree_bytes, write_picture

LOGITS = ["--restore", "logits"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for number, (width, height) in enumerate([(130, 90), (333, 210), (64, 64)]):
        write_picture(folder / f"p{number}.png", width, height, seed=number)
    return folder


def maps(folder):
    found = {}
    for path in sorted(folder.rglob("*.png")):
        with Image.open(path) as picture:
            found[path.name] = np.asarray(picture)
    return found


def done(ended):
    assert ended.status == 0, ended
    return ended


def test_confidence_lies_beside_the_masks_at_their_size(pictures, tmp_path):
    done(run(DEMO_MODEL, pictures, tmp_path, *LOGITS, "--outputs", "mask,confidence"))
    masks, levels = maps(tmp_path / "masks"), maps(tmp_path / "confidence")
    assert set(masks) == set(levels) == {path.name for path in pictures.iterdir()}
    for name, level in levels.items():
        assert level.shape == masks[name].shape == cv2.imread(str(pictures / name)).shape[:2]
        assert level.min() > 0
    with sqlite3.connect(tmp_path / "ledger.sqlite") as ledger:
        sizes = ledger.execute("SELECT stem, confidence_bytes FROM items").fetchall()
    assert {s: b for s, b in sizes} == {p.stem: p.stat().st_size for p in (tmp_path / "confidence").iterdir()}


def test_below_the_minimum_is_the_unknown_class(pictures, tmp_path):
    done(run(DEMO_MODEL, pictures, tmp_path / "all", *LOGITS, "--outputs", "mask,confidence"))
    more = ["--min-confidence", "0.6", "--unknown-class", "99"]
    done(run(DEMO_MODEL, pictures, tmp_path / "sure", *LOGITS, *more))
    assert not (tmp_path / "sure/confidence").exists()
    levels, whole, sure = (maps(tmp_path / f) for f in ("all/confidence", "all/masks", "sure/masks"))
    unknown = 0
    for name, level in levels.items():
        clear = np.abs(level.astype(int) - 0.6 * 255) > 1
        expected = np.where(level < 0.6 * 255, 99, whole[name])
        assert np.array_equal(sure[name][clear], expected[clear])
        unknown += np.count_nonzero(sure[name] == 99)
    assert unknown > 0


NEED_SCORES = {
    "--outputs confidence": ["--outputs", "mask,confidence"],
    "--min-confidence": ["--min-confidence", "0.5"],
    "--threshold": ["--threshold", "0.3"],
    "--multi-label": ["--multi-label"],
}


@pytest.mark.parametrize(("named", "more"), NEED_SCORES.items())
def test_a_package_of_labels_only_is_refused_once_before_any_worker(named, more, pictures, tmp_path):
    ended = run(DEMO_MODEL, pictures, tmp_path / "o", *more, "--devices", "cpu*2")
    assert ended.status == 2, ended
    assert [event["event"] for event in ended.events] == ["error"]
    assert ended.last["error"]["code"] == "invalid_argument"
    message = ended.last["error"]["message"]
    assert message.startswith(f"{named}: the network's scores are needed")
    assert "add --restore logits, or export the model with --output_op softmax or none" in message
    assert not (tmp_path / "o").exists()


def test_all_that_needs_scores_is_named_at_once(pictures, tmp_path):
    ended = run(DEMO_MODEL, pictures, tmp_path / "o", "--threshold", "0.3", "--min-confidence", "0.5")
    assert ended.last["error"]["message"].startswith("--threshold, --min-confidence: ")


def model_that_says(output_op: str, tmp_path):
    model = copy_demo_model(tmp_path)
    text = (model / "deploy.yaml").read_text()
    (model / "deploy.yaml").write_text(text.replace("  output_op: argmax\n", output_op))
    return model


@pytest.mark.parametrize(("named", "more"), NEED_SCORES.items())
def test_a_package_that_does_not_say_what_its_scores_mean_must_say_it(named, more, pictures, tmp_path):
    ended = run(model_that_says("", tmp_path), pictures, tmp_path / "o", *more, *LOGITS)
    assert ended.status == 2, ended
    message = ended.last["error"]["message"]
    assert message.startswith(f"{named}: what the network's scores mean is not said in ")
    assert "output_op: softmax" in message
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("more", NEED_SCORES.values(), ids=NEED_SCORES)
def test_an_engine_that_gives_labels_is_refused_once_by_the_worker(more, pictures, tmp_path):
    """What the simulated engine gives is not said by a package."""
    ended = run(DEMO_MODEL, pictures, tmp_path / "o", *more, "--engine", "simulated", "--devices", "sim*2")
    assert ended.status == 2, ended
    assert ended.out.count("--output_op softmax or none") == 1, ended
    assert "use --restore logits" in ended.last["error"]["message"]


@pytest.mark.parametrize("more", [LOGITS, ["--threshold", "0.3"]], ids=" ".join)
def test_paddle_is_no_engine_that_cuts_a_graph(more, pictures, tmp_path):
    ended = run(DEMO_MODEL, pictures, tmp_path / "o", *more, "--engine", "paddle", "--python", "/no/python")
    assert ended.status == 2, ended
    message = ended.last["error"]["message"]
    assert "export the model with --output_op" in message
    assert "add --restore logits" not in message


def test_a_threshold_with_many_classes_is_refused(pictures, tmp_path):
    ended = run(DEMO_MODEL, pictures, tmp_path / "o", *LOGITS, "--threshold", "0.3")
    assert ended.status not in (0, 3), ended
    assert "one or two classes" in ended.err + ended.out


def test_resume_computes_what_lacks_its_confidence_again(pictures, tmp_path):
    done(run(DEMO_MODEL, pictures, tmp_path, *LOGITS))
    done(run(DEMO_MODEL, pictures, tmp_path, *LOGITS, "--outputs", "mask,confidence"))
    first = tree_bytes(tmp_path / "confidence")
    assert len(first) == 3
    (tmp_path / "confidence/p1.png").unlink()
    done(run(DEMO_MODEL, pictures, tmp_path, *LOGITS, "--outputs", "mask,confidence"))
    assert tree_bytes(tmp_path / "confidence") == first
    items = json.loads((tmp_path / "summary.json").read_text())["items"]
    assert (items["skipped"], items["done"]) == (2, 1)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ([], LOGITS, "--restore was not set and is now logits"),
        (LOGITS, [*LOGITS, "--min-confidence", "0.5"], "--min-confidence was not set and is now 0.5"),
    ],
)
def test_what_changes_pixels_is_another_job(before, after, named, pictures, tmp_path):
    done(run(DEMO_MODEL, pictures, tmp_path, *before))
    ended = run(DEMO_MODEL, pictures, tmp_path, *after)
    assert ended.status == 2 or ended.status == 1, ended
    assert named in ended.err + ended.out


def test_restart_removes_confidence_maps(pictures, tmp_path):
    done(run(DEMO_MODEL, pictures, tmp_path, *LOGITS, "--outputs", "mask,confidence"))
    done(run(DEMO_MODEL, pictures, tmp_path, "--restart"))
    assert not list((tmp_path / "confidence").iterdir())
