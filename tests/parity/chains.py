# SPDX-License-Identifier: Apache-2.0
"""Chains of transforms as a deploy.yaml may have them, and the package folders that hold them."""

import os
from pathlib import Path

import cv2
import numpy as np
import yaml

IMAGENET = {"type": "Normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
HALF = {"type": "Normalize"}
ONE = {"type": "Normalize", "mean": [0.3], "std": [0.7]}


def resize(width: int, height: int, **options) -> dict:
    return {"type": "Resize", "target_size": [width, height], **options}


def pad(width: int, height: int, **options) -> dict:
    return {"type": "Padding", "target_size": [width, height], **options}


CHAINS = {
    "nothing": [],
    "normalize": [IMAGENET],
    "one mean": [ONE],
    "default resize": [{"type": "Resize"}, HALF],
    "common": [resize(256, 128), IMAGENET],
    "odd": [resize(131, 77), HALF],
    "normalize first": [IMAGENET, resize(97, 61)],
    "one pixel": [resize(1, 1), HALF],
    "one row": [resize(211, 1), HALF],
    "one column": [resize(1, 97), HALF],
    "keep ratio": [resize(160, 120, keep_ratio=True), IMAGENET],
    "keep ratio, divisor": [resize(160, 120, keep_ratio=True, size_divisor=32), IMAGENET],
    "divisor": [resize(150, 90, size_divisor=32), HALF],
    "divisor null": [resize(150, 90, size_divisor=None, keep_ratio=False), HALF],
    "nearest": [resize(150, 90, interp="NEAREST"), IMAGENET],
    "area": [resize(50, 90, interp="AREA"), IMAGENET],
    "lanczos": [resize(150, 90, interp="LANCZOS4"), IMAGENET],
    "cubic": [resize(150, 90, interp="CUBIC"), IMAGENET],
    "cubic last": [HALF, resize(64, 64, interp="CUBIC")],
    "by long": [{"type": "ResizeByLong", "long_size": 199}, IMAGENET],
    "by short": [{"type": "ResizeByShort", "short_size": 3}, IMAGENET],
    "by short, bounded": [{"type": "ResizeByShort", "short_size": 100, "max_size": 150}, IMAGENET],
    "limit long": [{"type": "LimitLong", "max_long": 90, "min_long": 60}, IMAGENET],
    "limit above": [{"type": "LimitLong", "max_long": 100}, ONE],
    "limit nothing": [{"type": "LimitLong"}, resize(40, 30)],
    "pad": [{"type": "LimitLong", "max_long": 300}, pad(320, 301), resize(128, 96), IMAGENET],
    "pad refuses": [pad(100, 100, im_padding_value=0, label_padding_value=0), HALF],
    "pad between": [
        {"type": "ResizeByLong", "long_size": 100},
        HALF,
        pad(120, 130, im_padding_value=3.7),
        IMAGENET,
        pad(121, 140, im_padding_value=-1),
    ],
    "aspect": [{"type": "ResizeByLong", "long_size": 120}, {"type": "PaddingByAspectRatio"}, IMAGENET],
    "aspect, resize": [
        {"type": "ResizeByLong", "long_size": 120},
        {"type": "PaddingByAspectRatio", "aspect_ratio": 1.5, "im_padding_value": 20},
        resize(96, 64),
        IMAGENET,
    ],
    "three resizes": [
        {"type": "ResizeByShort", "short_size": 70, "max_size": 200},
        {"type": "ResizeByLong", "long_size": 111},
        resize(64, 64, interp="AREA"),
        IMAGENET,
    ],
}


def random_chain(seed: int) -> list[dict]:
    rng = np.random.default_rng(seed)

    def side() -> int:
        return int(rng.integers(1, 200))

    def resizes() -> dict:
        names = ["LINEAR", "LINEAR", "NEAREST", "AREA", "LANCZOS4", "CUBIC"]
        options = {"interp": str(rng.choice(names)), "keep_ratio": bool(rng.integers(0, 2))}
        if rng.integers(0, 3) == 0:
            options["size_divisor"] = int(rng.integers(1, 40))
        return resize(side(), side(), **options)

    makers = [
        resizes,
        resizes,
        lambda: {"type": "ResizeByLong", "long_size": side()},
        lambda: {"type": "ResizeByShort", "short_size": side() // 3 + 1, "max_size": 300},
        lambda: {"type": "LimitLong", "max_long": side()},
        lambda: {"type": "PaddingByAspectRatio", "aspect_ratio": float(rng.uniform(0.7, 1.6))},
        lambda: pad(220, 260, im_padding_value=11.25),
    ]
    chain = [{"type": "LimitLong", "max_long": int(rng.integers(100, 300))}]
    chain += [makers[rng.integers(0, len(makers))]() for _ in range(rng.integers(1, 4))]
    chain.insert(int(rng.integers(0, len(chain) + 1)), IMAGENET)
    return chain


# A chain to a network's fixed size, by how it gets there.
TO_SIZE = {
    "resize": lambda w, h: [resize(w, h), IMAGENET],
    "normalize, resize": lambda w, h: [HALF, resize(w, h)],
    "area": lambda w, h: [resize(w, h, interp="AREA"), IMAGENET],
    "nearest": lambda w, h: [resize(w, h, interp="NEAREST"), HALF],
    "lanczos": lambda w, h: [resize(w, h, interp="LANCZOS4"), HALF],
    "long, pad": lambda w, h: [{"type": "ResizeByLong", "long_size": h}, pad(w, h), IMAGENET],
    "limit, pad": lambda w, h: [{"type": "LimitLong", "max_long": h}, IMAGENET, pad(w, h, im_padding_value=0)],
    "aspect, resize": lambda w, h: [
        {"type": "LimitLong", "max_long": 500},
        {"type": "PaddingByAspectRatio", "aspect_ratio": w / h},
        resize(w, h),
        HALF,
    ],
    "divisor": lambda w, h: [resize(w - 15, h - 15, size_divisor=16), IMAGENET],
    "short, resize": lambda w, h: [
        {"type": "ResizeByShort", "short_size": 40, "max_size": 150},
        resize(w, h),
        IMAGENET,
    ],
}


def write_package(folder: Path, chain: list[dict], op: str = "argmax", graph: Path | None = None) -> Path:
    """A package with the chain, on the graph of the package `graph`; without one, on a file that is no graph."""
    folder.mkdir(parents=True)
    deploy = {"model": "graph.onnx", "transforms": chain, "output_op": op}
    if graph is None:
        (folder / "graph.onnx").write_bytes(b"never opened")
    else:
        deploy = {**yaml.safe_load((graph / "deploy.yaml").read_text())["Deploy"], "transforms": chain}
        for file in graph.iterdir():
            if file.name != "deploy.yaml" and file.is_file():
                os.symlink(file, folder / file.name)
    (folder / "deploy.yaml").write_text(yaml.safe_dump({"Deploy": deploy}))
    return folder


# Without IPP's AVX2 or AVX-512 code cv2 itself gives other values in LINEAR and CUBIC, up to 0.05 of 255 levels.
CV2_HAS_IPP = cv2.ipp.useIPP() and any(name in cv2.ipp.getIppVersion() for name in ("AVX2", "AVX-512"))


def interpolations(chain: list[dict]) -> set[str]:
    return {t.get("interp", "LINEAR") for t in chain if "Resize" in t["type"] or t["type"] == "LimitLong"}
