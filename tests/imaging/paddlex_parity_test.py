# SPDX-License-Identifier: Apache-2.0
"""Preprocessor against what PaddleX's Resize and Normalize do, written out here with cv2 and NumPy."""

import json
import math
import os
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

DUMP = Path(os.environ["SEGFLEET_TEST_BIN"]) / "preprocess_dump"
FLAGS = {
    "NEAREST": cv2.INTER_NEAREST,
    "LINEAR": cv2.INTER_LINEAR,
    "BICUBIC": cv2.INTER_CUBIC,
    "AREA": cv2.INTER_AREA,
    "LANCZOS4": cv2.INTER_LANCZOS4,
}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
SIZES = [(1, 1), (1, 7), (9, 1), (2, 3), (17, 31), (64, 48), (333, 211), (640, 480), (512, 256)]
RESIZES = {
    "none": None,
    "defaults": {"target_size": [160, 120]},
    "one number": {"target_size": 96},
    "stretched": {"target_size": [128, 64], "keep_ratio": False, "size_divisor": None},
    "odd": {"target_size": [131, 77], "keep_ratio": False, "size_divisor": None},
    "exact half": {"target_size": [320, 240], "keep_ratio": False, "size_divisor": None},
    "enlarged": {"target_size": [700, 900], "keep_ratio": True, "size_divisor": 8},
    "nearest": {"target_size": [131, 77], "interp": "nearest"},
    "area": {"target_size": [50, 40], "interp": "AREA"},
    "cubic": {"target_size": [131, 77], "interp": "BICUBIC"},
    "lanczos": {"target_size": [131, 77], "interp": "LANCZOS4"},
}
ROUNDED = {"area", "cubic", "lanczos"}  # byte_resize.h: within one grey level


def resized(rgb, resize):
    """The 8-bit picture after PaddleX's Resize."""
    target = resize["target_size"]
    target = [target, target] if isinstance(target, int) else target
    height, width = rgb.shape[:2]
    if resize.get("keep_ratio", True):
        scale = min(max(target) / max(width, height), min(target) / min(width, height))
        target = [round(width * scale), round(height * scale)]
    if divisor := resize.get("size_divisor", 32):
        target = [math.ceil(side / divisor) * divisor for side in target]
    if target == [width, height]:
        return rgb
    return cv2.resize(rgb, tuple(target), interpolation=FLAGS[resize.get("interp", "LINEAR").upper()])


def normalized(rgb, mean, std):
    """Planes after PaddleX's Normalize."""
    planes = rgb.transpose(2, 0, 1).astype(np.float32)
    for channel in range(3):
        planes[channel] *= 1.0 / 255 / std[channel]
        planes[channel] += -mean[channel] / std[channel]
    return planes


def package(folder, resize, normalize):
    folder.mkdir()
    transforms = [{"type": "Normalize", **normalize}]  # first: the list's order does not count
    if resize is not None:
        transforms.append({"type": "Resize", **resize})
    config = {"Global": {"model_name": "PP-LiteSeg-T"}, "Deploy": {"output_op": "argmax", "transforms": transforms}}
    (folder / "inference.yml").write_text(json.dumps(config))  # JSON is YAML
    (folder / "inference.onnx").write_bytes(b"graph")
    return folder


@pytest.mark.parametrize("name", RESIZES)
def test_tensor_equals_paddlexs(tmp_path, name):
    random = np.random.default_rng(sorted(RESIZES).index(name))
    pictures = [random.integers(0, 256, (height, width, 3), dtype=np.uint8) for width, height in SIZES]
    cases = []
    for i, bgr in enumerate(pictures):
        (tmp_path / f"{i}.bgr").write_bytes(bgr.tobytes())
        cases.append(f"{tmp_path / f'{i}.bgr'} {bgr.shape[1]} {bgr.shape[0]} {tmp_path / f'{i}.f32'}\n")
    folder = package(tmp_path / "model", RESIZES[name], IMAGENET)
    done = subprocess.run([DUMP, folder, "plain"], input="".join(cases), capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == len(pictures), done.stdout + done.stderr
    for i, (bgr, line) in enumerate(zip(pictures, lines, strict=True)):
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        expected = normalized(rgb if RESIZES[name] is None else resized(rgb, RESIZES[name]), **IMAGENET)
        assert line.startswith(f"ok {expected.shape[2]} {expected.shape[1]}"), line
        tensor = np.fromfile(tmp_path / f"{i}.f32", dtype=np.float32).reshape(expected.shape)
        level = 1 / 255 / min(IMAGENET["std"]) if name in ROUNDED else 0
        worst = np.abs(tensor - expected).max()
        assert worst <= level * 1.001, f"{bgr.shape}: {worst} in {(tensor != expected).sum()} of {tensor.size}"
