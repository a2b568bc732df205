# SPDX-License-Identifier: Apache-2.0
"""RowSource against cv2.resize on float32: seeded sizes, 8-bit and float pictures, for every interpolation."""

import os
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

DUMP = Path(os.environ["SEGFLEET_TEST_BIN"]) / "resize_dump"
CV2_HAS_IPP = cv2.ipp.useIPP() and any(name in cv2.ipp.getIppVersion() for name in ("AVX2", "AVX-512"))
# row_source.h: CUBIC has IPP's weights but not all its sums; other cv2 builds differ in LINEAR and CUBIC.
CUBIC_LEVELS = 1.25e-4
OTHER_CV2_LEVELS = 0.05
EDGES = [1, 2, 3, 4, 5, 7, 8, 9, 16, 31]


def side(rng):
    kind = rng.integers(0, 4)
    if kind == 0:
        return int(rng.choice(EDGES))
    return int(rng.integers(1, 40 if kind == 1 else 120))


def random_sizes(rng):
    """(source, target) as (width, height) each: free, whole fractions, whole multiples, one side kept."""
    source = [side(rng), side(rng)]
    target = [side(rng), side(rng)]
    for axis in range(2):
        kind = rng.integers(0, 6)
        if kind == 0:
            source[axis] = target[axis] * int(rng.integers(1, 6))
        elif kind == 1:
            target[axis] = source[axis] * int(rng.integers(1, 6))
        elif kind == 2:
            target[axis] = source[axis]
    return tuple(source), tuple(target)


def picture(rng, size, kind):
    shape = (size[1], size[0], 3)
    if kind == "u8":
        return rng.integers(0, 256, shape, dtype=np.uint8)
    return rng.normal(scale=2, size=shape).astype(np.float32)


def resize(interpolation, cases):
    """The results of one resize_dump for (picture, target size) cases."""
    data = []
    for pixels, target in cases:
        kind = "u8" if pixels.dtype == np.uint8 else "f32"
        height, width = pixels.shape[:2]
        data.append(f"{interpolation} {kind} {width} {height} {target[0]} {target[1]}\n".encode())
        data.append(pixels.tobytes())
    done = subprocess.run([DUMP], input=b"".join(data), capture_output=True, check=True)
    results = []
    floats = np.frombuffer(done.stdout, np.float32)
    for _, (width, height) in cases:
        results.append(floats[: 3 * width * height].reshape(height, width, 3))
        floats = floats[3 * width * height :]
    assert len(floats) == 0
    return results


def check(interpolation, cases):
    flag = getattr(cv2, f"INTER_{interpolation}")
    for (pixels, target), found in zip(cases, resize(interpolation, cases), strict=True):
        rgb = pixels[..., ::-1] if pixels.dtype == np.uint8 else pixels
        expected = cv2.resize(rgb.astype(np.float32), target, interpolation=flag)
        where = f"{interpolation} {pixels.dtype} {pixels.shape[1]}x{pixels.shape[0]} to {target}"
        degenerate = min(pixels.shape[:2]) < (4 if interpolation == "CUBIC" else 2)
        if interpolation in ("LINEAR", "CUBIC") and not degenerate and not CV2_HAS_IPP:
            assert np.abs(found - expected).max() <= OTHER_CV2_LEVELS, where
        elif interpolation == "CUBIC" and not degenerate and pixels.shape[1::-1] != target:
            assert np.abs(found - expected).max() <= CUBIC_LEVELS, where
        else:
            assert np.array_equal(found.view(np.uint32), expected.view(np.uint32)), where


INTERPOLATIONS = ["NEAREST", "LINEAR", "CUBIC", "AREA", "LANCZOS4"]


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_four_hundred_random_sizes(interpolation):
    rng = np.random.default_rng(INTERPOLATIONS.index(interpolation))
    cases = []
    for i in range(400):
        source, target = random_sizes(rng)
        if source == target:  # a copy, which Preprocessor passes over
            target = (target[0] + 1, target[1])
        cases.append((picture(rng, source, "u8" if i % 2 else "f32"), target))
    check(interpolation, cases)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_every_pair_of_small_sizes(interpolation):
    rng = np.random.default_rng(20)
    sizes = [(w, h) for w in (1, 2, 3, 5, 8) for h in (1, 2, 4, 7)]
    pairs = [(source, target) for source in sizes for target in sizes if source != target]
    check(interpolation, [(picture(rng, source, "f32"), target) for source, target in pairs])


def test_area_with_a_ratio_just_beside_a_whole_one():
    """Shares of a pixel below and above the one thousandth that OpenCV drops."""
    rng = np.random.default_rng(22)
    cases = []
    for length in (150, 400, 999, 1000, 1001, 1500, 2999):
        for source in (2 * length - 1, 2 * length + 1, 3 * length + 1, 3 * length - 1, length + 1):
            cases.append((picture(rng, (source, 4), "f32"), (length, 2)))
            cases.append((picture(rng, (4, source), "u8"), (3, length)))
    check("AREA", cases)


def test_area_with_ratios_that_division_makes_less_than_whole():
    rng = np.random.default_rng(23)
    ratios = [n for n in range(1, 200) if 1 / (1 / n) != n]
    assert ratios[0] == 49
    check("AREA", [(picture(rng, (6 * n, 3 * n), "f32"), (6, 3)) for n in ratios])
    check("AREA", [(picture(rng, (6 * n, 3), "f32"), (6, 3)) for n in range(1, 200)])


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_huge_ratios(interpolation):
    rng = np.random.default_rng(21)
    pairs = [
        ((5001, 3), (1, 1)),
        ((3, 5001), (2, 7)),
        ((4096, 4), (8, 2)),
        ((1, 3000), (400, 3)),
        ((2, 2), (1500, 3)),
        ((900, 1), (1, 900)),
        ((1001, 701), (3, 2)),
    ]
    check(interpolation, [(picture(rng, source, kind), target) for source, target in pairs for kind in ("u8", "f32")])
