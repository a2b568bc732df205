# SPDX-License-Identifier: Apache-2.0
"""What PaddleSeg 2.8 makes of a picture before the network: an oracle in NumPy and cv2, written from its rules."""

import math

import cv2
import numpy as np

INTERPOLATIONS = {
    "NEAREST": cv2.INTER_NEAREST,
    "LINEAR": cv2.INTER_LINEAR,
    "CUBIC": cv2.INTER_CUBIC,
    "AREA": cv2.INTER_AREA,
    "LANCZOS4": cv2.INTER_LANCZOS4,
}


class Refused(Exception):
    """PaddleSeg stops with an error on this picture."""


def resized(picture, width, height, interpolation="LINEAR"):
    if width < 1 or height < 1:
        raise Refused("empty")
    return cv2.resize(picture, (width, height), interpolation=INTERPOLATIONS[interpolation])


def scaled_to(picture, target, side):
    scale = float(target) / float(side)
    height, width = picture.shape[:2]
    return resized(picture, int(round(width * scale)), int(round(height * scale)))


def padded(picture, width, height, value):
    down, right = height - picture.shape[0], width - picture.shape[1]
    if down < 0 or right < 0:
        raise Refused("larger than the padding")
    return cv2.copyMakeBorder(picture, 0, down, 0, right, cv2.BORDER_CONSTANT, value=(value,) * 3)


class Oracle:
    """Keeps ResizeByShort's state from picture to picture, as PaddleSeg does, where sticky is true."""

    def __init__(self, transforms, sticky=False):
        self.transforms = transforms
        self.sticky = sticky
        self.short_sizes = {}

    def __call__(self, bgr):
        """(C, H, W float32 tensor, trace as [("resize" | "padding", width, height)])"""
        self.picture = np.ascontiguousarray(bgr.astype("float32")[..., ::-1])
        self.trace = []
        for index, transform in enumerate(self.transforms):
            options = dict(transform)
            getattr(self, options.pop("type"))(index, **options)
        return np.ascontiguousarray(np.transpose(self.picture, (2, 0, 1))), self.trace

    def note(self, what):
        height, width = self.picture.shape[:2]
        self.trace.append((what, width, height))
        return width, height

    def Resize(self, _, target_size=(512, 512), keep_ratio=False, size_divisor=None, interp="LINEAR"):
        width, height = self.note("resize")
        target = list(target_size)
        if keep_ratio:
            scale = min(max(target) / max(width, height), min(target) / min(width, height))
            target = [round(width * scale), round(height * scale)]
        if size_divisor:
            target = [math.ceil(side / size_divisor) * size_divisor for side in target]
        self.picture = resized(self.picture, *target, interp)

    def ResizeByLong(self, _, long_size):
        self.picture = scaled_to(self.picture, long_size, max(self.note("resize")))

    def ResizeByShort(self, index, short_size, max_size=1e10):
        sides = self.note("resize")
        if self.sticky:
            short_size = self.short_sizes.get(index, short_size)
        if short_size / min(sides) * max(sides) > max_size:
            short_size = int((max_size / max(sides)) * min(sides))
            self.short_sizes[index] = short_size
        self.picture = scaled_to(self.picture, short_size, min(sides))

    def LimitLong(self, _, max_long=None, min_long=None):
        longest = max(self.note("resize"))
        if max_long is not None and longest > max_long:
            self.picture = scaled_to(self.picture, max_long, longest)
        elif min_long is not None and longest < min_long:
            self.picture = scaled_to(self.picture, min_long, longest)

    def Padding(self, _, target_size, im_padding_value=127.5, label_padding_value=255):
        self.note("padding")
        self.picture = padded(self.picture, *target_size, im_padding_value)

    def PaddingByAspectRatio(self, _, aspect_ratio=1, im_padding_value=127.5, label_padding_value=255):
        height, width = self.picture.shape[:2]
        ratio = width / height
        if ratio == aspect_ratio:
            return
        if ratio > aspect_ratio:
            height = int(width / aspect_ratio)
        else:
            width = int(height * aspect_ratio)
        self.note("padding")
        self.picture = padded(self.picture, width, height, im_padding_value)

    def Normalize(self, _, mean=(0.5,), std=(0.5,)):
        self.picture = self.picture.astype(np.float32, copy=False) / 255.0
        self.picture -= np.array(mean)
        self.picture /= np.array(std)
