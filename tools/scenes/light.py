# SPDX-License-Identifier: Apache-2.0
"""Shadows, and what air and camera do to a picture."""

import cv2
import numpy as np


def cast_shadows(canvas, buildings, trees):
    """Darkens the ground behind buildings and trees; called before either is drawn."""
    shadow = canvas.mask()
    for building in buildings:
        corners = building.corners()
        shifted = corners - canvas.sun * building.height * canvas.shadow
        hull = cv2.convexHull(canvas.pixels(np.concatenate([corners, shifted])))
        cv2.fillPoly(shadow, [hull], 1, cv2.LINE_8, 4)
    if trees is not None:
        mask = trees[0].astype(np.uint8)
        for length in (3.0, 6.5, 10.0):
            dx, dy = -canvas.sun * length * canvas.shadow * canvas.scale
            move = np.float32([[1, 0, dx], [0, 1, dy]])
            shadow |= cv2.warpAffine(mask, move, (canvas.width, canvas.height), flags=cv2.INTER_NEAREST)
    soft = cv2.GaussianBlur(shadow.astype(np.float32), (0, 0), max(0.7 * canvas.scale, 0.5))[..., None]
    strength = canvas.rng.uniform(0.42, 0.6)
    canvas.image *= 1 - soft * np.array([strength * 0.88, strength * 0.97, strength], np.float32)  # shadows are bluish


def develop(canvas):
    """The camera's picture: light, haze, blur and sensor noise; BGR uint8."""
    rng = canvas.rng
    image = canvas.image
    warmth = rng.normal(0, 0.035)
    gain = rng.uniform(0.82, 1.16) * np.array([1 - warmth, 1, 1 + warmth])
    if rng.random() < 0.3:  # clouds
        image = image * (1 - 0.22 * np.clip(canvas.noise(420, 2), 0, 1))[..., None]
    haze = rng.uniform(0, 0.14)
    image = image * (gain * (1 - haze)).astype(np.float32) + np.array([205, 196, 186], np.float32) * np.float32(haze)
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.45, 0.8))
    strength = rng.uniform(1.0, 4.0)
    tile = rng.normal(0, strength, (300, 300, 3)).astype(np.float32)
    repeats = canvas.height // 300 + 1, canvas.width // 300 + 1, 1
    image += np.tile(tile, repeats)[: canvas.height, : canvas.width]
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
