# SPDX-License-Identifier: Apache-2.0
"""Network output back to the picture's size, written from Paddle's formulas of F.interpolate in float32.

A trace is [("resize" | "padding", width, height)]: the sizes before each transform, as paddleseg_transforms gives it.
"""

import numpy as np

F32 = np.float32


def ratio(source, target):
    return F32(source) / F32(target) if target > 1 else F32(0)


def nearest(array, height, width):
    def indices(source, target):
        return (ratio(source, target) * np.arange(target).astype(F32)).astype(np.int32)

    return array[indices(array.shape[0], height)][:, indices(array.shape[1], width)]


def taps(source, target):
    position = ratio(source, target) * (np.arange(target).astype(F32) + F32(0.5)) - F32(0.5)
    position = np.maximum(position, F32(0))
    first = position.astype(np.int32)
    second_weight = position - first.astype(F32)
    return first, np.minimum(first + 1, source - 1), F32(1) - second_weight, second_weight


def bilinear(planes, height, width):
    if planes.shape[1:] == (height, width):
        return planes
    top, bottom, top_weight, bottom_weight = taps(planes.shape[1], height)
    left, right, left_weight, right_weight = taps(planes.shape[2], width)
    top_weight, bottom_weight = top_weight[:, None], bottom_weight[:, None]

    def at(rows, columns):
        return planes[:, rows][:, :, columns]

    return (
        at(top, left) * top_weight * left_weight
        + at(bottom, left) * bottom_weight * left_weight
        + at(top, right) * top_weight * right_weight
        + at(bottom, right) * bottom_weight * right_weight
    )


def undo(array, trace, enlarge):
    for kind, width, height in reversed(trace):
        array = enlarge(array, height, width) if kind == "resize" else array[..., :height, :width]
    return array
