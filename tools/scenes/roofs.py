# SPDX-License-Identifier: Apache-2.0
"""Roofs: their faces in the sun, tiles, chimneys and what stands on flat ones."""

import numpy as np

from .canvas import rectangle
from .labels import BUILDING

TILES = (
    (62, 82, 168),
    (70, 96, 150),
    (88, 112, 172),
    (92, 90, 96),
    (70, 74, 84),
    (110, 104, 100),
    (78, 92, 122),
)
SHEETS = ((186, 186, 184), (208, 206, 200), (150, 152, 156), (170, 152, 136), (126, 138, 150))


def draw_face(canvas, corners, colour, normal, shades):
    """One plane of a roof: brighter as its outward direction `normal` turns to the sun."""
    light = 1 + 0.24 * float(np.dot(normal, canvas.sun))
    canvas.fill(canvas.image, corners, tuple(float(c) * light for c in colour))
    canvas.fill(shades, corners, 1)


def draw_courses(canvas, corners, colour, period):
    """Lines parallel to the edge corners[0]..corners[3], from it to the opposite edge: tile courses, sheet seams."""
    a, b, c, d = corners
    count = int(np.linalg.norm(b - a) / period)
    for step in range(1, count):
        t = step / count
        canvas.line(canvas.image, np.array([a + (b - a) * t, d + (c - d) * t]), 0.6, tuple(v * 0.9 for v in colour))


def draw_pitched(canvas, building, colour, shades):
    along, half = building.direction, building.width / 2
    across = np.array([-along[1], along[0]])
    inset = half * 0.9 if building.roof == "hip" else 0.0
    ridge = [building.centre + along * sign * (building.length / 2 - inset) for sign in (1, -1)]
    front, back, back_left, front_left = building.corners()
    # corners(): (+along, +across), (+along, -across), (-along, -across), (-along, +across)
    faces = [
        ([front, ridge[0], ridge[1], front_left], across),
        ([back, ridge[0], ridge[1], back_left], -across),
    ]
    if inset:
        faces += [
            ([front, back, ridge[0], ridge[0]], along),
            ([front_left, back_left, ridge[1], ridge[1]], -along),
        ]
    for corners, normal in faces:
        draw_face(canvas, np.array(corners), colour, normal, shades)
    if not inset:
        for corners, normal in faces:
            light = 1 + 0.24 * float(np.dot(normal, canvas.sun))
            draw_courses(canvas, corners, [v * light for v in colour], 3.2)
    canvas.line(canvas.image, np.array(ridge), 1.0, tuple(float(v) * 1.25 for v in colour))
    if canvas.rng.random() < 0.5:
        spot = building.centre + along * building.length * canvas.rng.uniform(-0.3, 0.3) + across * half * 0.25
        canvas.fill(canvas.image, rectangle(spot - canvas.sun * 2.5, along, 5, 4), tuple(v * 0.45 for v in colour))
        canvas.fill(canvas.image, rectangle(spot, along, 3.6, 3.6), (96, 104, 128))
    if canvas.rng.random() < 0.25:
        sunny = across if np.dot(across, canvas.sun) > 0 else -across
        panel = rectangle(building.centre + sunny * half * 0.5, along, building.length * 0.45, half * 0.6)
        canvas.fill(canvas.image, panel, (82, 58, 38))
        draw_courses(canvas, panel, (140, 110, 90), 4)


def draw_flat(canvas, building, colour, shades):
    rng, along = canvas.rng, building.direction
    across = np.array([-along[1], along[0]])
    draw_face(canvas, building.corners(), colour, np.zeros(2), shades)
    draw_courses(canvas, building.corners(-1.5)[[0, 3, 2, 1]], colour, 9)
    canvas.line(canvas.image, building.corners(-0.8), 1.4, tuple(min(v * 1.18, 250) for v in colour), closed=True)
    for _ in range(int(building.length * building.width / 700) + 1):
        spot = rng.uniform(-0.36, 0.36, 2) * (building.length, building.width)
        centre, size = building.centre + along * spot[0] + across * spot[1], rng.uniform(4, 8)
        shadow = rectangle(centre - canvas.sun * 2.2, along, size, size * 0.7)
        canvas.fill(canvas.image, shadow, tuple(v * 0.5 for v in colour))
        canvas.fill(canvas.image, rectangle(centre, along, size, size * 0.7), tuple(v * 0.85 for v in colour))


def draw_roofs(canvas, buildings):
    rng, shades = canvas.rng, canvas.mask()
    tiles = rng.choice(len(TILES), size=3, replace=False)
    for building in buildings:
        pitched = building.roof != "flat"
        colour = (
            TILES[tiles[rng.integers(3)]] if pitched and building.length < 60 else SHEETS[rng.integers(len(SHEETS))]
        )
        colour = np.array(colour) * rng.uniform(0.88, 1.12)
        (draw_pitched if pitched else draw_flat)(canvas, building, colour.tolist(), shades)
    covered = np.flatnonzero(shades)
    wear = (canvas.noise(18, 2) * 0.06 + canvas.grain() * 0.03).reshape(-1)[covered, None]
    canvas.image.reshape(-1, 3)[covered] *= 1 + wear
    canvas.label.reshape(-1)[covered] = BUILDING
