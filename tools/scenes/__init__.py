# SPDX-License-Identifier: Apache-2.0
"""Procedural aerial scenes with their ground truth.

`make_scene(seed, index, width, height)` gives one picture (BGR, uint8) and its label map (uint8, CLASSES' indices).
Lengths inside the package are in units: one unit is one pixel of a 768x768 picture, so that a picture of any size
shows about as much ground, and a larger one shows it finer.
"""

from .compose import make_scene
from .labels import CLASSES, palette

__all__ = ["CLASSES", "make_scene", "palette"]
