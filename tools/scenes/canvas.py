# SPDX-License-Identifier: Apache-2.0
"""What every layer of a scene draws on, and the few operations they share."""

import cv2
import numpy as np

SHIFT = 4  # fractional bits of the coordinates given to OpenCV's drawing functions


class Canvas:
    """A scene in the making: `image` (BGR float32, 0..255), `label` (uint8), `rng`, the light and the scale.

    `scale` is pixels per unit; `sun` the unit vector (x, y) from which light comes; shadows are `shadow` units long
    for each unit of height.
    """

    def __init__(self, rng, width, height):
        self.rng, self.width, self.height = rng, width, height
        self.scale = float(np.sqrt(width * height) / 768 * rng.uniform(0.9, 1.2))
        self.image = np.zeros((height, width, 3), np.float32)
        self.label = np.zeros((height, width), np.uint8)
        angle = rng.uniform(0, 2 * np.pi)
        self.sun = np.array([np.cos(angle), np.sin(angle)])
        self.shadow = rng.uniform(0.5, 1.1)
        self.extent = np.array([width, height]) / self.scale  # the picture's size in units

    def noise(self, cell, octaves=2):
        """Smooth noise, about -1..1, whose coarsest features are `cell` units across."""
        total = np.zeros((self.height, self.width), np.float32)
        for octave in range(octaves):
            step = max(cell * self.scale / 2**octave, 1.0)
            rows, columns = int(self.height / step) + 3, int(self.width / step) + 3
            coarse = self.rng.standard_normal((rows, columns), dtype=np.float32) * np.float32(0.5 * 0.5**octave)
            total += cv2.resize(coarse, (self.width, self.height), interpolation=cv2.INTER_CUBIC)
        return total

    def grain(self):
        """White noise of one pixel, deviation 1, from a tile: a whole picture of fresh noise would take longer."""
        tile = self.rng.standard_normal((256, 256), dtype=np.float32)
        return np.tile(tile, (self.height // 256 + 1, self.width // 256 + 1))[: self.height, : self.width]

    def pixels(self, points):
        """Points in units as OpenCV wants them with shift=SHIFT."""
        return np.round(np.asarray(points) * self.scale * (1 << SHIFT)).astype(np.int32)

    def thickness(self, units):
        return max(1, int(round(units * self.scale)))

    def fill(self, target, points, value):
        cv2.fillPoly(target, [self.pixels(points)], value, cv2.LINE_8, SHIFT)

    def line(self, target, points, width, value, closed=False):
        cv2.polylines(target, [self.pixels(points)], closed, value, self.thickness(width), cv2.LINE_8, SHIFT)

    def mask(self):
        return np.zeros((self.height, self.width), np.uint8)

    def paint(self, mask, colour, shade=None):
        """Sets the masked pixels to `colour`, times 1 + `shade` where that is given."""
        flat = np.flatnonzero(mask)
        values = np.asarray(colour, np.float32)
        if shade is not None:
            values = values * (1 + shade.reshape(-1)[flat, None])
        self.image.reshape(-1, 3)[flat] = values


def rectangle(centre, direction, length, width):
    """The corners of a rectangle whose long side runs along the unit vector `direction`."""
    along = np.asarray(direction) * length / 2
    across = np.array([-direction[1], direction[0]]) * width / 2
    return centre + np.array([along + across, along - across, -along - across, -along + across])
