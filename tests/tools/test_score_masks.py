# SPDX-License-Identifier: Apache-2.0
"""The scorer: hand-computed cases, and inputs that cannot be compared."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TOOL = Path(__file__).resolve().parents[2] / "tools" / "score_masks.py"


@pytest.fixture
def folders(tmp_path):
    (tmp_path / "masks").mkdir()
    (tmp_path / "labels").mkdir()
    return tmp_path


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(rows, np.uint8)).save(path)


def run(folders, *args):
    return subprocess.run(
        [sys.executable, TOOL, "--masks", folders / "masks", "--labels", folders / "labels", *args],
        capture_output=True,
        text=True,
    )


def score(folders, *classes):
    result = run(folders, "--json", "--classes", *classes)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_equal_masks_score_one(folders):
    for kind in ("masks", "labels"):
        write(folders / kind / "a.png", [[0, 1], [2, 2]])
    result = score(folders, "x", "y", "z")
    assert result == {"pictures": 1, "iou": {"x": 1, "y": 1, "z": 1}, "miou": 1, "pixel_accuracy": 1}


def test_iou_is_intersection_over_union_of_each_class(folders):
    write(folders / "labels/a.png", [[0, 0, 0, 1]])
    write(folders / "masks/a.png", [[0, 0, 1, 1]])
    result = score(folders, "x", "y")
    assert result["iou"] == pytest.approx({"x": 2 / 3, "y": 1 / 2})
    assert result["miou"] == pytest.approx(7 / 12) and result["pixel_accuracy"] == pytest.approx(3 / 4)


def test_areas_are_summed_over_pictures_before_dividing(folders):
    write(folders / "labels/a.png", [[1] * 9])
    write(folders / "masks/a.png", [[1] * 9])
    write(folders / "labels/sub/b.png", [[1]])
    write(folders / "masks/sub/b.png", [[0]])
    result = score(folders, "x", "y")
    assert result["pictures"] == 2
    assert result["iou"] == {"x": 0, "y": pytest.approx(0.9)}


def test_a_class_that_occurs_nowhere_is_left_out_of_the_mean(folders):
    for kind in ("masks", "labels"):
        write(folders / kind / "a.png", [[0, 0]])
    result = score(folders, "x", "y")
    assert result["iou"] == {"x": 1, "y": None} and result["miou"] == 1


def test_a_class_only_in_masks_counts_as_zero(folders):
    write(folders / "labels/a.png", [[0, 0]])
    write(folders / "masks/a.png", [[0, 1]])
    assert score(folders, "x", "y")["iou"] == {"x": 0.5, "y": 0}


def test_ignored_pixels_do_not_count_whatever_the_mask_says(folders):
    write(folders / "labels/a.png", [[0, 255, 255]])
    write(folders / "masks/a.png", [[0, 1, 200]])
    assert score(folders, "x", "y")["pixel_accuracy"] == 1


def test_palette_pictures_are_read_as_indices(folders):
    for kind in ("masks", "labels"):
        picture = Image.fromarray(np.array([[0, 1]], np.uint8))
        picture.putpalette([9, 9, 9] * 256)
        picture.save(folders / kind / "a.png")
    assert score(folders, "x", "y")["miou"] == 1


def test_the_table_names_the_demo_scenes_classes(folders):
    for kind in ("masks", "labels"):
        write(folders / kind / "a.png", [[0, 4]])
    result = run(folders)
    assert result.returncode == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["IoU", "field", "1.0000"] in lines and ["IoU", "water", "-"] in lines and ["mIoU", "1.0000"] in lines


def missing(folders):
    write(folders / "labels/b.png", [[0]])


def other_size(folders):
    write(folders / "labels/b.png", [[0, 0]])
    write(folders / "masks/b.png", [[0]])


def no_class(folders):
    write(folders / "labels/b.png", [[0]])
    write(folders / "masks/b.png", [[5]])


def colour(folders):
    write(folders / "labels/b.png", [[0]])
    write(folders / "masks/b.png", [[[0, 0, 0]]])


def broken(folders):
    write(folders / "labels/b.png", [[0]])
    (folders / "masks/b.png").write_bytes(b"not a picture")


def empty(folders):
    pass


def all_ignored(folders):
    write(folders / "labels/b.png", [[255]])
    write(folders / "masks/b.png", [[0]])


@pytest.mark.parametrize(
    "prepare,word",
    [
        (missing, "no mask"),
        (other_size, "is 1x1, but its label"),
        (no_class, "holds the value 5"),
        (colour, "mode RGB"),
        (broken, "b.png"),
        (empty, "no label picture"),
        (all_ignored, "nothing to score"),
    ],
)
def test_what_cannot_be_scored_is_an_error_that_says_why(folders, prepare, word):
    prepare(folders)
    result = run(folders)
    assert result.returncode == 2 and word in result.stderr and result.stderr.count("\n") == 1
    assert not result.stdout
