# SPDX-License-Identifier: Apache-2.0
"""The scene generator: the same bytes from the same seed, and labels that mean what they say."""

import hashlib
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))
from scenes import CLASSES, make_scene, palette  # noqa: E402


def run_tool(*args):
    return subprocess.run([sys.executable, TOOLS / "make_scenes.py", *map(str, args)], capture_output=True, text=True)


def hashes(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.*")}


def make(folder, *args):
    result = run_tool("--output", folder, "--size", "320x200", *args)
    assert result.returncode == 0, result.stderr
    return hashes(folder)


def test_same_seed_gives_the_same_bytes_whatever_the_jobs(tmp_path):
    alone = make(tmp_path / "a", "--count", 3, "--seed", 5, "--jobs", 1)
    together = make(tmp_path / "b", "--count", 3, "--seed", 5, "--jobs", 2)
    assert alone == together and len(alone) == 6


def test_another_seed_gives_other_pictures(tmp_path):
    first, second = (
        make(tmp_path / "a", "--count", 1, "--seed", 5),
        make(tmp_path / "b", "--count", 1, "--seed", 6),
    )
    assert all(first[name] != second[name] for name in first)


def test_a_smaller_count_gives_the_first_pictures_of_a_larger_one(tmp_path):
    few, many = make(tmp_path / "a", "--count", 2), make(tmp_path / "b", "--count", 4)
    assert few.items() <= many.items()


def test_every_class_occurs_and_nothing_else():
    counts = np.zeros(256, np.int64)
    for index in range(12):
        counts += np.bincount(make_scene(1, index, 320, 240)[1].ravel(), minlength=256)
    assert np.all(counts[: len(CLASSES)] / counts.sum() > 0.01)
    assert counts[len(CLASSES) :].sum() == 0


@pytest.mark.parametrize("width,height", [(64, 64), (512, 512), (1024, 512), (64, 1500), (901, 333)])
def test_any_size_is_made_exactly(width, height):
    picture, label = make_scene(3, 0, width, height)
    assert picture.shape == (height, width, 3) and picture.dtype == np.uint8
    assert label.shape == (height, width) and label.dtype == np.uint8


def test_water_looks_unlike_fields():
    """Labels and pictures belong together: the mean colours of two classes under the labels are far apart."""
    means = {1: [], 0: []}
    for index in range(6):
        picture, label = make_scene(2, index, 320, 240)
        for value, colours in means.items():
            if (label == value).sum() > 500:
                colours.append(picture[label == value].mean(axis=0))
    water, field = (np.mean(means[value], axis=0) for value in (1, 0))
    assert water[0] - water[2] > field[0] - field[2] + 30  # bluer


def test_files_are_a_jpeg_and_a_palette_png_of_the_same_size(tmp_path):
    make(tmp_path, "--count", 1)
    assert cv2.imread(str(tmp_path / "images/scene_00000.jpg")).shape == (200, 320, 3)
    with Image.open(tmp_path / "labels/scene_00000.png") as label:
        assert label.mode == "P" and label.size == (320, 200)
        assert label.getpalette()[: 3 * len(CLASSES)] == palette()[: 3 * len(CLASSES)]


def test_palette_is_paddleseg_s():
    colours = np.array(palette()).reshape(-1, 3)
    assert len(colours) == 256
    assert colours[[0, 1, 3, 18, 254, 255]].tolist() == [
        [128, 0, 0],
        [0, 128, 0],
        [0, 0, 128],
        [128, 192, 0],
        [224, 224, 192],
        [0, 0, 32],
    ]


def test_mixed_sizes_differ_and_png_pictures_are_written(tmp_path):
    result = run_tool("--output", tmp_path, "--count", 4, "--sizes", "mixed", "--format", "png")
    assert result.returncode == 0, result.stderr
    assert len({Image.open(p).size for p in (tmp_path / "images").glob("*.png")}) > 1


@pytest.mark.parametrize(
    "args,word",
    [
        (["--count", 0], "--count"),
        (["--count", 1, "--size", "12"], "WIDTHxHEIGHT"),
        (["--count", 1, "--size", "10x10"], "64 to 8192"),
        (["--count", 1, "--size", "64x64", "--sizes", "mixed"], "--size"),
        (["--count", 1, "--seed", -1], "--seed"),
        (["--count", 1, "--format", "gif"], "gif"),
    ],
)
def test_wrong_options_are_named(tmp_path, args, word):
    result = run_tool("--output", tmp_path / "out", *args)
    assert result.returncode == 2 and word in result.stderr
    assert not (tmp_path / "out").exists()
