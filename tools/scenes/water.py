# SPDX-License-Identifier: Apache-2.0
"""Rivers and lakes, with their banks."""

import cv2
import numpy as np

from .labels import WATER

TINTS = ((112, 92, 52), (96, 104, 70), (84, 90, 78), (128, 118, 72), (74, 66, 42))  # BGR


def river(canvas):
    """Distance to the water's edge in units, negative inside: a meandering band from one side to another."""
    rng = canvas.rng
    angle = rng.uniform(0, 2 * np.pi)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    reach = np.linalg.norm(canvas.extent) * 0.6
    t = np.linspace(-1, 1, 120)
    swing = sum(rng.uniform(0.4, 1) * 120 / k * np.sin(k * 2.4 * t + rng.uniform(0, 6.3)) for k in (1, 2, 3.3))
    offset = rng.uniform(-0.3, 0.3) * canvas.extent.min()
    path = canvas.extent / 2 + t[:, None] * reach * along + (swing + offset)[:, None] * across
    drawn = np.full((canvas.height, canvas.width), 255, np.uint8)
    cv2.polylines(drawn, [np.round(path * canvas.scale).astype(np.int32)], False, 0, 1)
    distance = cv2.distanceTransform(drawn, cv2.DIST_L2, 5) / np.float32(canvas.scale)
    return distance - np.float32(rng.uniform(24, 52)) + canvas.noise(130, 3) * 14


def lake(canvas):
    rng = canvas.rng
    centre = canvas.extent * rng.uniform(0.12, 0.88, 2)
    angle, long, short = rng.uniform(0, np.pi), rng.uniform(75, 160), rng.uniform(50, 100)
    x = (np.arange(canvas.width, dtype=np.float32) / canvas.scale - centre[0]).astype(np.float32)
    y = (np.arange(canvas.height, dtype=np.float32) / canvas.scale - centre[1]).astype(np.float32)[:, None]
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    radius = np.sqrt(((c * x + s * y) / np.float32(long)) ** 2 + ((c * y - s * x) / np.float32(short)) ** 2)
    return (radius - 1) * np.float32(short) + canvas.noise(120, 3) * 34


def draw_water(canvas):
    """Draws water and banks; gives the distance to the water in units (negative inside), or None for a dry scene."""
    rng = canvas.rng
    bodies = [river(canvas)] if rng.random() < 0.65 else []
    bodies += [lake(canvas) for _ in range(rng.choice([0, 1, 2], p=[0.45, 0.4, 0.15]))]
    if not bodies:
        return None
    edge = np.minimum.reduce(bodies)
    sand = np.array([128, 170, 186]) if rng.random() < 0.5 else np.array([78, 122, 112])
    canvas.paint((edge >= 0) & (edge < rng.uniform(3, 7)), sand * rng.uniform(0.85, 1.05), canvas.grain() * 0.06)
    inside = edge < 0
    deep = np.array(TINTS[rng.integers(len(TINTS))]) * rng.uniform(0.85, 1.15)
    depth = np.clip(-edge / np.float32(rng.uniform(18, 45)), 0, 1)[..., None]
    shallow = deep * 0.6 + np.array([110, 140, 130]) * 0.4
    ripple = canvas.noise(9, 2) * rng.uniform(0.01, 0.05) + canvas.noise(220, 2) * 0.08 + canvas.grain() * 0.012
    colour = (shallow * (1 - depth) + deep * depth) * (1 + ripple[..., None])
    np.copyto(canvas.image, colour.astype(np.float32), where=inside[..., None])
    canvas.label[inside] = WATER
    return edge
