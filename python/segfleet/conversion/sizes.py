# SPDX-License-Identifier: Apache-2.0
"""The sizes of a network's input, as a package's configuration tells them."""

from __future__ import annotations

import re

from segfleet._native import ModelPackage

_OPEN_SIDE = 512  # pixels, where neither the graph nor the configuration tells
_TARGET = re.compile(r"target_size=\[(\d+), (\d+)\]")


def usual_size(model: ModelPackage) -> tuple[int, int]:
    """Height and width, in pixels, for extents that the graph leaves open."""
    height, width = model.input_shape[2:] if len(model.input_shape) == 4 else (-1, -1)
    for transform in model.transforms:
        if target := _TARGET.search(transform):
            width, height = (
                own if own > 0 else int(text) for own, text in zip((width, height), target.groups(), strict=True)
            )
    return (height if height > 0 else _OPEN_SIDE, width if width > 0 else _OPEN_SIDE)


def only_size(model: ModelPackage) -> tuple[int, int] | None:
    """Height and width that the transforms give every picture, or None where pictures keep sizes of their own."""
    size = None
    for transform in model.transforms:
        kind = transform.partition("(")[0]
        if kind == "Normalize":
            continue
        target = _TARGET.search(transform)
        own_sizes = kind not in ("Resize", "Padding") or "keep_ratio=true" in transform
        if target is None or own_sizes:
            size = None
            continue
        width, height = map(int, target.groups())
        divisor = re.search(r"size_divisor=(\d+)", transform)
        step = int(divisor.group(1)) if divisor else 1
        size = (-(-height // step) * step, -(-width // step) * step)
    return size
