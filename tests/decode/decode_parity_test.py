# SPDX-License-Identifier: Apache-2.0
"""Pixels equal cv2.imread's, byte for byte, on pictures of every kind; what cv2 refuses is refused too."""

import bmp_files
import cv2
import jpeg_files
import numpy as np
import png_files
import pytest
import tiff_files
import webp_files
from decoding import TEST_BIN, decode, write


def jpegs(folder):
    return jpeg_files.pictures(folder, TEST_BIN / "jpeg_maker")


FORMATS = {
    "jpeg": jpegs,
    "png": lambda _: png_files.pictures(),
    "bmp": lambda _: bmp_files.pictures(),
    "webp": lambda _: webp_files.pictures(),
    "tiff": lambda _: tiff_files.pictures(),
}


@pytest.mark.parametrize("name", FORMATS)
def test_pixels_equal_cv2(name, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    files = write(tmp_path, list(FORMATS[name](made)))
    run = decode(files, tmp_path)
    assert run.stderr == ""
    different = []
    for file, outcome in zip(files, run.outcomes, strict=True):
        expected = cv2.imread(str(file), cv2.IMREAD_COLOR)
        if expected is None or file.name.startswith(tiff_files.CV2_GIVES_GARBAGE):
            same = outcome.pixels is None
        else:
            same = outcome.pixels is not None and np.array_equal(expected, outcome.pixels)
        if not same:
            seen = "refused" if expected is None else expected.shape
            different.append(f"{file.name}: cv2 {seen}, segfleet {outcome.code} {outcome.message}")
    assert different == []


REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}


@pytest.mark.parametrize("times", REDUCED)
def test_reduced_jpegs_equal_cv2(times, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    files = write(tmp_path, list(jpegs(made)))
    run = decode(files, tmp_path, times=times)
    assert run.stderr == ""
    different, compared = [], 0
    for file, outcome in zip(files, run.outcomes, strict=True):
        whole = cv2.imread(str(file), cv2.IMREAD_COLOR)
        if whole is None or min(whole.shape[:2]) < 8:  # a side of 0 would be enough: 8 times smaller does
            continue
        compared += 1
        expected = cv2.imread(str(file), REDUCED[times])
        if outcome.shape != whole.shape[:2] or not np.array_equal(expected, outcome.pixels):
            different.append(f"{file.name}: cv2 {expected.shape}, segfleet {outcome.code} {outcome.message}")
    assert different == []
    assert compared > 200


@pytest.mark.parametrize("name", set(FORMATS) - {"jpeg"})
def test_other_formats_are_never_reduced(name, tmp_path):
    files = write(tmp_path, [next(iter(FORMATS[name](tmp_path)))])
    [outcome] = decode(files, tmp_path, times=8).outcomes
    assert np.array_equal(cv2.imread(str(files[0]), cv2.IMREAD_COLOR), outcome.pixels)
    assert outcome.shape == outcome.pixels.shape[:2]
