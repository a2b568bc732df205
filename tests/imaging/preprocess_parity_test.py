# SPDX-License-Identifier: Apache-2.0
"""Preprocessor against the oracle: seeded chains of transforms on seeded pictures, bit for bit."""

import json
import os
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from paddleseg_transforms import Oracle, Refused

DUMP = Path(os.environ["SEGFLEET_TEST_BIN"]) / "preprocess_dump"
IMAGENET = {"type": "Normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
HALF = {"type": "Normalize"}
# row_source.h: CUBIC has IPP's weights but not all its sums; other cv2 builds differ in LINEAR and CUBIC.
CUBIC_LEVELS = 1.25e-4
OTHER_CV2_LEVELS = 0.05
CV2_HAS_IPP = cv2.ipp.useIPP() and any(name in cv2.ipp.getIppVersion() for name in ("AVX2", "AVX-512"))


def package(folder, transforms):
    folder.mkdir()
    deploy = {"Deploy": {"model": "model.onnx", "transforms": transforms, "output_op": "argmax"}}
    (folder / "deploy.yaml").write_text(json.dumps(deploy))  # JSON is YAML
    (folder / "model.onnx").write_bytes(b"graph")
    return folder


def picture(rng, width, height):
    kind = rng.integers(0, 3)
    if kind == 0:
        return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if kind == 1:
        return (rng.integers(0, 2, (height, width, 3)) * 255).astype(np.uint8)
    x = np.arange(width)[None, :, None] * [1, 2, 3] + np.arange(height)[:, None, None] * [3, 1, 2]
    return (x % 256).astype(np.uint8)


def run(tmp_path, transforms, pictures, sticky=False):
    """[(line, tensor or None)] of one preprocess_dump process."""
    folder = package(tmp_path / "model", transforms)
    cases = []
    for i, bgr in enumerate(pictures):
        (tmp_path / f"{i}.bgr").write_bytes(bgr.tobytes())
        cases.append(f"{tmp_path / f'{i}.bgr'} {bgr.shape[1]} {bgr.shape[0]} {tmp_path / f'{i}.f32'}\n")
    done = subprocess.run(
        [DUMP, folder, "sticky" if sticky else "plain"], input="".join(cases), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(pictures), done.stdout + done.stderr
    results = []
    for i, line in enumerate(lines):
        tensor = None
        if line.startswith("ok "):
            width, height = (int(word) for word in line.split()[1:3])
            tensor = np.fromfile(tmp_path / f"{i}.f32", dtype=np.float32).reshape(3, height, width)
        results.append((line, tensor))
    return results


def tolerance(transforms):
    """Largest difference allowed, in the tensor's unit; 0: the bits must be equal."""
    names = {t.get("interp", "LINEAR") for t in transforms if "Resize" in t["type"] or t["type"] == "LimitLong"}
    levels = 0.0
    if not CV2_HAS_IPP and names & {"LINEAR", "CUBIC"}:
        levels = OTHER_CV2_LEVELS
    elif "CUBIC" in names:
        levels = CUBIC_LEVELS
    for transform in transforms:
        if transform["type"] == "Normalize":
            levels /= 255 * min(transform.get("std", [0.5]))
    return levels


def check(tmp_path, transforms, pictures, sticky=False):
    oracle = Oracle(transforms, sticky)
    for bgr, (line, tensor) in zip(pictures, run(tmp_path, transforms, pictures, sticky), strict=True):
        where = f"{transforms} on {bgr.shape[1]}x{bgr.shape[0]}: {line}"
        try:
            expected, trace = oracle(bgr)
        except Refused:
            assert line.startswith("input_unsupported "), where
            continue
        assert line.startswith("ok "), where
        words = [f"{what}:{width}x{height}" for what, width, height in trace]
        assert line.split()[3:] == words, where
        assert tensor.shape == expected.shape, where
        allowed = tolerance(transforms)
        if allowed == 0:
            assert np.array_equal(tensor.view(np.uint32), expected.view(np.uint32)), (
                where + f" max difference {np.abs(tensor - expected).max()} in {(tensor != expected).sum()}"
            )
        else:
            assert np.abs(tensor - expected).max() <= allowed, where


SIZES = [
    (1, 1),
    (1, 7),
    (9, 1),
    (2, 2),
    (2, 3),
    (3, 5),
    (17, 31),
    (64, 48),
    (333, 211),
    (640, 480),
    (513, 257),
]
CHAINS = {
    "nothing": [],
    "normalize": [IMAGENET],
    "normalize twice": [IMAGENET, HALF],
    "resize": [{"type": "Resize", "target_size": [128, 96]}],
    "common": [{"type": "Resize", "target_size": [512, 256]}, IMAGENET],
    "odd target": [{"type": "Resize", "target_size": [131, 77]}, HALF],
    "normalize first": [IMAGENET, {"type": "Resize", "target_size": [97, 61]}],
    "one pixel": [{"type": "Resize", "target_size": [1, 1]}, HALF],
    "one row": [{"type": "Resize", "target_size": [211, 1]}, HALF],
    "keep ratio": [{"type": "Resize", "target_size": [160, 120], "keep_ratio": True}, IMAGENET],
    "keep ratio, divisor": [
        {"type": "Resize", "target_size": [160, 120], "keep_ratio": True, "size_divisor": 32},
        IMAGENET,
    ],
    "divisor alone": [{"type": "Resize", "target_size": [150, 90], "size_divisor": 32}, HALF],
    "nearest": [{"type": "Resize", "target_size": [150, 90], "interp": "NEAREST"}, IMAGENET],
    "area": [{"type": "Resize", "target_size": [50, 90], "interp": "AREA"}, IMAGENET],
    "lanczos": [{"type": "Resize", "target_size": [150, 90], "interp": "LANCZOS4"}, IMAGENET],
    "cubic": [{"type": "Resize", "target_size": [150, 90], "interp": "CUBIC"}, IMAGENET],
    "by long": [{"type": "ResizeByLong", "long_size": 199}, IMAGENET],
    "by short": [{"type": "ResizeByShort", "short_size": 33}, IMAGENET],
    "by short, bounded": [{"type": "ResizeByShort", "short_size": 100, "max_size": 150}, IMAGENET],
    "limit long": [{"type": "LimitLong", "max_long": 300, "min_long": 40}, IMAGENET],
    "limit nothing": [{"type": "LimitLong"}, {"type": "Resize", "target_size": [40, 30]}],
    "pad": [{"type": "Padding", "target_size": [640, 480]}, IMAGENET],
    "pad after": [HALF, {"type": "Padding", "target_size": [700, 500], "im_padding_value": 0}],
    "pad between": [
        {"type": "Resize", "target_size": [100, 80], "keep_ratio": True},
        HALF,
        {"type": "Padding", "target_size": [120, 130], "im_padding_value": 3.7},
        IMAGENET,
        {"type": "Padding", "target_size": [121, 140], "im_padding_value": -1},
    ],
    "pad, resize": [
        {"type": "PaddingByAspectRatio", "aspect_ratio": 1.5},
        {"type": "Resize", "target_size": [96, 64]},
        IMAGENET,
    ],
    "aspect": [{"type": "PaddingByAspectRatio"}, IMAGENET],
    "three resizes": [
        {"type": "ResizeByShort", "short_size": 70, "max_size": 200},
        {"type": "ResizeByLong", "long_size": 111},
        {"type": "Resize", "target_size": [64, 64], "interp": "AREA"},
        IMAGENET,
    ],
    "resize thrice to the same": [
        {"type": "Resize", "target_size": [64, 48]},
        {"type": "Resize", "target_size": [64, 48]},
        HALF,
        {"type": "Resize", "target_size": [64, 48], "interp": "CUBIC"},
        {"type": "Padding", "target_size": [65, 48]},
    ],
}


@pytest.mark.parametrize("name", CHAINS)
def test_tensor_equals_paddlesegs(tmp_path, name):
    rng = np.random.default_rng(sorted(CHAINS).index(name))
    check(tmp_path, CHAINS[name], [picture(rng, *size) for size in SIZES])


def random_chain(rng, largest):
    def side():
        return int(rng.integers(1, largest))

    chain = []
    for _ in range(rng.integers(1, 4)):
        kind = rng.integers(0, 8)
        if kind <= 2:
            names = ["LINEAR", "LINEAR", "NEAREST", "AREA", "LANCZOS4", "CUBIC"]
            resize = {"type": "Resize", "target_size": [side(), side()], "interp": str(rng.choice(names))}
            resize["keep_ratio"] = bool(rng.integers(0, 2))
            if rng.integers(0, 3) == 0:
                resize["size_divisor"] = int(rng.integers(1, 40))
            chain.append(resize)
        elif kind == 3:
            chain.append({"type": "ResizeByLong", "long_size": side()})
        elif kind == 4:
            chain.append({"type": "ResizeByShort", "short_size": side() // 3 + 1, "max_size": largest})
        elif kind == 5:
            chain.append({"type": "LimitLong", "max_long": side()})
        elif kind == 6:
            chain.append({"type": "PaddingByAspectRatio", "aspect_ratio": float(rng.uniform(0.7, 1.6))})
        else:
            chain.append({"type": "Padding", "target_size": [largest, largest], "im_padding_value": 11.25})
    chain.insert(int(rng.integers(0, len(chain) + 1)), IMAGENET)
    return chain


@pytest.mark.parametrize("seed", range(60))
def test_tensor_equals_paddlesegs_for_a_random_chain(tmp_path, seed):
    rng = np.random.default_rng(1000 + seed)
    sizes = [(int(rng.integers(1, 400)), int(rng.integers(1, 400))) for _ in range(6)]
    check(tmp_path, random_chain(rng, 400), [picture(rng, *size) for size in sizes])


@pytest.mark.parametrize("size", [(2048, 1024), (4999, 300), (100, 5001), (6000, 2), (1, 4500)])
def test_large_pictures(tmp_path, size):
    rng = np.random.default_rng(7)
    check(tmp_path, [{"type": "Resize", "target_size": [1024, 512]}, IMAGENET], [picture(rng, *size)])


def test_integer_ratios(tmp_path):
    """Thirds, halves and whole multiples, where coordinates fall on pixels and rounding decides."""
    rng = np.random.default_rng(8)
    sizes = [(w, h) for w in (20, 30, 40, 60, 120, 180, 240) for h in (15, 30, 90, 135)]
    check(tmp_path, [{"type": "Resize", "target_size": [60, 45]}], [picture(rng, *size) for size in sizes])


def test_sticky_short_side_stays_for_later_pictures(tmp_path):
    rng = np.random.default_rng(9)
    sizes = [(64, 48), (300, 40), (64, 48), (500, 40), (64, 48)]
    chain = [{"type": "ResizeByShort", "short_size": 40, "max_size": 200}, IMAGENET]
    check(tmp_path, chain, [picture(rng, *size) for size in sizes], sticky=True)
