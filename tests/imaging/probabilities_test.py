# SPDX-License-Identifier: Apache-2.0
"""Confidence maps, unknown pixels, thresholds and several labels a pixel, against NumPy in float64 on scores that are
interpolated by Paddle's formula in float32."""

import io
import os
import pathlib
import subprocess

import numpy as np
import pytest
from paddle_restore import F32, bilinear, undo
from PIL import Image

TOOL = pathlib.Path(os.environ["SEGFLEET_TEST_BIN"]) / "masks_tool"
CLOSE = 1e-5  # probabilities so close to a limit may fall on either side of it

TRACES = [
    [],
    [("resize", 14, 10)],
    [("resize", 1, 9)],
    [("resize", 131, 77)],
    [("resize", 4, 3)],
    [("resize", 40, 31), ("padding", 6, 5)],
    [("padding", 5, 4)],
    [("resize", 33, 20), ("resize", 12, 9)],
]


def tool(*words, data):
    return subprocess.run([TOOL, *map(str, words)], input=data, capture_output=True, check=False)


def words_of(scores, trace):
    return ["f32", *scores.shape, *(f"{kind}:{w}x{h}" for kind, w, h in trace)]


def restored(scores, trace, kind, confidence=1, minimum=0, unknown=255, threshold=0):
    """(labels, levels) as the program gives them."""
    words = ["probable", kind, confidence, minimum, unknown, threshold, *words_of(scores, trace)]
    ended = tool(*words, data=scores.tobytes())
    assert ended.returncode == 0, ended.stderr.decode()
    width, height = trace[0][1:] if trace else scores.shape[:0:-1]
    maps = np.frombuffer(ended.stdout, np.uint8).reshape(-1, height, width)
    return maps[0], (maps[1] if confidence else None)


def softmax(scores):
    powers = np.exp(scores.astype(np.float64) - scores.max(0))
    return powers / powers.sum(0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def scores_of(kind, classes, seed=1, height=6, width=9):
    logits = (np.random.default_rng(seed).normal(size=(classes, height, width)) * 3).astype(F32)
    if kind == "logits":
        return logits
    return softmax(logits).astype(F32) if classes > 1 else sigmoid(logits).astype(F32)


def probabilities_of(kind, scores):
    return softmax(scores) if kind == "logits" else scores.astype(np.float64)


def assert_levels(levels, winner):
    assert np.abs(levels - winner * 255).max() <= 0.5 + 255 * CLOSE


@pytest.mark.parametrize("kind", ["logits", "probabilities"])
@pytest.mark.parametrize("classes", [1, 2, 5, 19])
@pytest.mark.parametrize("trace", TRACES, ids=str)
def test_confidence_is_the_winners_probability(trace, classes, kind):
    scores = scores_of(kind, classes)
    labels, levels = restored(scores, trace, kind)
    enlarged = undo(scores, trace, bilinear)
    assert np.array_equal(labels, enlarged.argmax(0))
    assert_levels(levels, probabilities_of(kind, enlarged).max(0))


def test_confidence_of_wide_pictures_with_many_classes():
    scores = scores_of("logits", 40, height=20, width=70)
    labels, levels = restored(scores, [("resize", 333, 41)], "logits")
    enlarged = bilinear(scores, 41, 333)
    assert np.array_equal(labels, enlarged.argmax(0))
    assert_levels(levels, softmax(enlarged).max(0))


@pytest.mark.parametrize("kind", ["logits", "probabilities"])
@pytest.mark.parametrize("confidence", [0, 1])
def test_a_winner_below_the_minimum_is_unknown(kind, confidence):
    scores = scores_of(kind, 5, height=12, width=20)
    labels, levels = restored(scores, [("resize", 61, 50)], kind, confidence, minimum=0.75, unknown=77)
    enlarged = bilinear(scores, 50, 61)
    winner = probabilities_of(kind, enlarged).max(0)
    expected = np.where(winner < 0.75, 77, enlarged.argmax(0))
    clear = np.abs(winner - 0.75) > CLOSE
    assert np.array_equal(labels[clear], expected[clear])
    assert 0 < np.count_nonzero(labels == 77) < labels.size
    assert confidence == 0 or np.abs(levels - winner * 255).max() <= 0.5 + 255 * CLOSE  # also where it is unknown


@pytest.mark.parametrize("kind", ["logits", "probabilities"])
@pytest.mark.parametrize("classes", [1, 2])
@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("trace", TRACES, ids=str)
def test_class_1_is_chosen_above_the_threshold(trace, threshold, classes, kind):
    scores = scores_of(kind, classes, seed=2)
    labels, levels = restored(scores, trace, kind, threshold=threshold)
    enlarged = undo(scores, trace, bilinear)
    if classes == 2:
        one = probabilities_of(kind, enlarged)[1]
    else:
        one = sigmoid(enlarged[0]) if kind == "logits" else enlarged[0].astype(np.float64)
    clear = np.abs(one - threshold) > CLOSE
    assert np.array_equal(labels[clear], (one > threshold)[clear])
    assert_levels(levels[clear], np.where(labels == 1, one, 1 - one)[clear])


def test_a_threshold_of_one_half_is_the_argmax_to_the_pixel():
    scores = np.round(scores_of("logits", 2, seed=3, height=40, width=50))  # many ties
    labels, _ = restored(scores, [], "logits", threshold=0.5)
    assert np.array_equal(labels, scores.argmax(0))


@pytest.mark.parametrize("kind", ["logits", "probabilities"])
@pytest.mark.parametrize("trace", TRACES, ids=str)
def test_several_labels_a_pixel_are_paddlesegs_palette_index(trace, kind):
    scores = scores_of(kind, 4, seed=4)
    ended = tool("several", kind, 0.5, *words_of(scores, trace), data=scores.tobytes())
    assert ended.returncode == 0, ended.stderr.decode()
    enlarged = undo(scores, trace, bilinear)
    one = sigmoid(enlarged) if kind == "logits" else enlarged
    labels = np.frombuffer(ended.stdout, np.uint8).reshape(one.shape[1:])
    clear = (np.abs(one - 0.5) > 1e-7).all(0)
    expected = np.tensordot([1, 2, 3, 4], (one > 0.5).astype(int), 1)
    assert np.array_equal(labels[clear], expected[clear])
    assert len(np.unique(labels)) > 2


def test_nan_is_no_confidence_and_infinity_is_full():
    nan, inf = np.nan, np.inf
    scores = np.array([[[nan, nan, 1, inf, -inf]], [[nan, 2, -inf, 0, -inf]]], F32)
    labels, levels = restored(scores, [], "logits", minimum=0.5, unknown=9)
    assert labels.tolist() == [[9, 1, 0, 0, 9]]
    assert levels.tolist() == [[0, 255, 255, 255, 0]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["logits", 1, 0, 255, 0, "u8", 1, 6, 9], "invalid_argument"),
        (["logits", 0, 0.5, 255, 0, "i32", 1, 6, 9], "--restore logits"),
        (["logits", 0, 0, 255, 0.3, "i64", 1, 6, 9], "--output_op softmax"),
        (["logits", 0, 0, 255, 0.3, "f32", 3, 6, 9], "one or two classes, and this one has 3"),
        (["logits", 0, 0, 255, 1, "f32", 2, 6, 9], "the threshold 1 is not between 0 and 1"),
        (["logits", 0, 1.5, 255, 0, "f32", 2, 6, 9], "the minimum confidence 1.5"),
        (["logits", 0, "nan", 255, 0, "f32", 2, 6, 9], "the minimum confidence nan"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_mend(words, said):
    ended = tool("probable", *words, data=bytes(4 * 3 * 6 * 9 * 2))
    assert ended.returncode == 1
    assert said in ended.stderr.decode()


def test_pillow_reads_the_grey_levels():
    levels = np.random.default_rng(5).integers(0, 256, (31, 47)).astype(np.uint8)
    with Image.open(io.BytesIO(tool("grey", 47, 31, data=levels.tobytes()).stdout)) as picture:
        assert picture.mode == "L"
        assert np.array_equal(np.asarray(picture), levels)
