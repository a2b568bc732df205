# SPDX-License-Identifier: Apache-2.0
"""Masks and overlays against NumPy, cv2 and Pillow; the interpolation oracles are written from Paddle's formula."""

import io
import os
import pathlib
import subprocess

import cv2
import numpy as np
import pytest
from paddle_restore import F32, bilinear, nearest, undo
from PIL import Image

TOOL = pathlib.Path(os.environ["SEGFLEET_TEST_BIN"]) / "masks_tool"


def tool(*words, data=b""):
    done = subprocess.run([TOOL, *map(str, words)], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def restore(array, *trace):
    """Labels of `array` (H×W or C×H×W) with a trace of ("resize"|"padding", width, height)."""
    name = {"uint8": "u8", "int32": "i32", "int64": "i64", "float32": "f32"}[str(array.dtype)]
    classes, height, width = array.shape if array.ndim == 3 else (1, *array.shape)
    words = [f"{kind}:{w}x{h}" for kind, w, h in trace]
    data = tool("restore", name, classes, height, width, *words, data=np.ascontiguousarray(array).tobytes())
    if trace:
        width, height = trace[0][1:]
    return np.frombuffer(data, np.uint8).reshape(height, width)


TRACES = [
    [("resize", 14, 10)],
    [("resize", 1, 1)],
    [("resize", 1, 9)],
    [("resize", 101, 3)],
    [("resize", 7, 5)],  # the network's own size
    [("resize", 4, 3)],  # reduced
    [("padding", 5, 4)],
    [("resize", 40, 31), ("padding", 6, 5)],
    [("padding", 20, 13), ("resize", 23, 17)],
    [("padding", 13, 9), ("resize", 14, 10)],  # doubled, then an odd width
    [("resize", 31, 22), ("padding", 9, 8), ("resize", 11, 10), ("padding", 6, 5)],
    [("resize", 50, 49), ("resize", 33, 20), ("resize", 12, 9)],
]


@pytest.mark.parametrize("trace", TRACES, ids=str)
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_labels_are_restored_as_paddle_does(trace, dtype):
    labels = np.random.default_rng(1).integers(0, 256, (5, 7)).astype(dtype)
    assert np.array_equal(restore(labels, *trace), undo(labels, trace, nearest))


@pytest.mark.parametrize("trace", TRACES, ids=str)
def test_scores_are_restored_as_paddle_does(trace):
    scores = np.random.default_rng(2).normal(size=(6, 5, 7)).astype(F32)
    assert np.array_equal(restore(scores, *trace), undo(scores, trace, bilinear).argmax(0))


def test_random_sizes_are_restored_as_paddle_does():
    rng = np.random.default_rng(3)
    for _ in range(40):
        height, width, to_height, to_width = (int(v) for v in rng.integers(1, 400, 4))
        labels = rng.integers(0, 200, (height, width)).astype(np.uint8)
        trace = [("resize", to_width, to_height)]
        assert np.array_equal(restore(labels, *trace), nearest(labels, to_height, to_width))
        scores = rng.normal(size=(3, height, width)).astype(F32)
        expected = bilinear(scores, to_height, to_width).argmax(0)
        assert np.array_equal(restore(scores, *trace), expected)


def test_a_very_wide_map_is_restored_as_paddle_does():
    labels = np.random.default_rng(4).integers(0, 200, (1, 65500)).astype(np.uint8)
    assert np.array_equal(restore(labels, ("resize", 999983, 2)), nearest(labels, 2, 999983))


def test_labels_wrap_as_numpy_uint8():
    labels = np.array([[0, 255, 256, 257, -1, 70000]], np.int32)
    assert np.array_equal(restore(labels), labels.astype(np.uint8))


def test_palette_follows_the_voc_rule_without_its_first_colour():
    palette = np.frombuffer(tool("palette"), np.uint8).reshape(256, 3)
    labels = np.arange(1, 257)
    for channel in range(3):
        bits = [(labels >> (3 * k + channel) & 1) << (7 - k) for k in range(3)]
        assert np.array_equal(palette[:, channel], sum(bits))
    assert palette[[0, 1, 8, 18, 255]].tolist() == [
        [128, 0, 0], [0, 128, 0], [192, 0, 0], [128, 192, 0], [0, 0, 32]]  # fmt: skip


@pytest.mark.parametrize("size", [(1, 1), (1, 70), (70, 1), (333, 57), (2048, 1024)])
def test_pillow_reads_the_same_indices_and_palette(size):
    width, height = size
    labels = np.random.default_rng(5).integers(0, 256, (height, width)).astype(np.uint8)
    labels[: height // 2] = 7
    png = tool("png", width, height, data=labels.tobytes())
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.mode == "P"
        assert np.array_equal(np.asarray(picture), labels)
        assert bytes(picture.getpalette()) == tool("palette")
    assert np.array_equal(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR).shape, (height, width, 3))


def test_png_of_a_label_map_is_at_most_1_3_times_pillows():
    field = np.random.default_rng(6).normal(size=(19, 16, 32)).astype(F32)
    labels = np.stack([cv2.resize(plane, (2048, 1024)) for plane in field]).argmax(0).astype(np.uint8)
    picture = Image.fromarray(labels)
    picture.putpalette(tool("palette"))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    assert len(tool("png", 2048, 1024, data=labels.tobytes())) <= 1.3 * len(buffer.getvalue())


def blend(labels, picture):
    colours = np.frombuffer(tool("palette"), np.uint8).reshape(256, 3)[labels][..., ::-1]
    return cv2.addWeighted(picture, 0.6, np.ascontiguousarray(colours), 0.4, 0)


@pytest.mark.parametrize("size", [(1, 1), (31, 17), (256, 256)])
def test_overlay_equals_cv2_add_weighted(size):
    width, height = size
    rng = np.random.default_rng(7)
    labels = rng.integers(0, 256, (height, width)).astype(np.uint8)
    picture = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    blended = np.frombuffer(tool("overlay", width, height, data=labels.tobytes() + picture.tobytes()), np.uint8)
    assert np.array_equal(blended.reshape(height, width, 3), blend(labels, picture))


def test_overlay_equals_cv2_for_every_grey_level_and_class():
    labels, grey = np.mgrid[0:256, 0:256].astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, 2)
    blended = np.frombuffer(tool("overlay", 256, 256, data=labels.tobytes() + picture.tobytes()), np.uint8)
    assert np.array_equal(blended.reshape(256, 256, 3), blend(labels, picture))


@pytest.mark.parametrize("size", [(160, 90), (1000, 700)])  # the second outgrows the first buffer
def test_jpeg_is_read_back_as_cv2s_own_in_blue_green_red(size):
    width, height = size
    picture = np.random.default_rng(10).integers(0, 256, (height, width, 3)).astype(np.uint8)
    back = cv2.imdecode(np.frombuffer(tool("jpeg", width, height, 100, data=picture.tobytes()), np.uint8), 1)
    _, own = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 100])
    assert np.abs(back.astype(int) - cv2.imdecode(own, 1)).max() <= 4


def check_resized(sizes):
    """One call for many pairs of sizes: the resizer's memory is reused, as in a worker."""
    rng = np.random.default_rng(8)
    pictures = [rng.integers(0, 256, (*size[::-1], 3), dtype=np.uint8) for size, _ in sizes]
    words = [number for size, target in sizes for number in (*size, *target)]
    data = tool("resize", *words, data=b"".join(map(np.ndarray.tobytes, pictures)))
    resized = np.frombuffer(data, np.uint8)
    for picture, (size, target) in zip(pictures, sizes, strict=True):
        expected = cv2.resize(picture, target)
        found, resized = np.split(resized, [expected.size])
        assert np.array_equal(found.reshape(expected.shape), expected), f"{size} to {target}"
    assert len(resized) == 0


def test_pictures_of_random_sizes_are_resized_as_cv2_does():
    sides = np.random.default_rng(11).integers(1, 130, (300, 4))
    check_resized([((int(w), int(h)), (int(to_w), int(to_h))) for w, h, to_w, to_h in sides])


def test_pictures_at_the_edges_of_sizes_are_resized_as_cv2_does():
    some = [1, 2, 3, 4, 7, 8, 16]
    pairs = [((w, h), (to, to)) for w in some for h in some for to in some]
    pairs += [((w, h), (w, to)) for w in some for h in some for to in some]
    check_resized([*pairs, ((97, 61), (300, 7)), ((640, 480), (320, 240)), ((4000, 2), (3, 1)), ((2, 3), (900, 1100))])


@pytest.mark.parametrize("width", [1, 7, 8, 9, 1001])
def test_class_counts_equal_numpys(width):
    labels = np.random.default_rng(9).integers(0, 256, (5, width)).astype(np.uint8)
    labels[:3] = 200
    counts = np.frombuffer(tool("count", width, 5, data=labels.tobytes()), np.uint64)
    assert np.array_equal(counts, np.bincount(labels.ravel(), minlength=256))
