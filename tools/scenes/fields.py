# SPDX-License-Identifier: Apache-2.0
"""Open ground: parcels with their crops, furrows and tractor lines."""

import numpy as np

from .labels import FIELD

# Per crop: colour (BGR), strength of the furrows, of the mottling, of the tractor lines.
CROPS = (
    ((62, 128, 104), 0.05, 0.05, 0.16),  # young wheat
    ((84, 160, 138), 0.04, 0.05, 0.14),  # light green
    ((108, 182, 202), 0.05, 0.04, 0.10),  # ripe grain
    ((132, 176, 196), 0.09, 0.05, 0.06),  # stubble
    ((76, 108, 142), 0.12, 0.07, 0.04),  # ploughed soil
    ((92, 130, 160), 0.10, 0.06, 0.04),  # dry soil
    ((74, 132, 112), 0.0, 0.12, 0.0),  # meadow
    ((70, 150, 120), 0.03, 0.08, 0.0),  # pasture
    ((60, 190, 205), 0.03, 0.06, 0.10),  # rape in flower
)


def split(rng, quad, longest, out):
    """Cuts a quadrilateral across its longer sides until none is longer than `longest`."""
    first, second = np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[1])
    if max(first, second) < longest * rng.uniform(0.7, 1.4) or len(out) > 240:
        out.append(quad)
        return
    if first < second:
        quad = np.roll(quad, -1, axis=0)
    a, b, c, d = quad
    middle = rng.uniform(0.35, 0.65)
    top, bottom = a + (b - a) * middle, d + (c - d) * (middle + rng.uniform(-0.06, 0.06))
    split(rng, np.array([a, top, bottom, d]), longest, out)
    split(rng, np.array([top, b, c, bottom]), longest, out)


def parcels(canvas):
    """Quadrilaterals (units) that cover the picture, and the unit vector they follow."""
    rng, centre = canvas.rng, canvas.extent / 2
    angle, reach = rng.uniform(0, np.pi), np.linalg.norm(canvas.extent) * 0.55
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    corners = [centre + reach * (i * along + j * across) for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    quads = []
    split(rng, np.array(corners), rng.uniform(230, 420), quads)
    return quads, along


def draw_fields(canvas):
    """Draws the ground everywhere; gives the parcels' quadrilaterals."""
    rng = canvas.rng
    quads, along = parcels(canvas)
    across = np.array([-along[1], along[0]])
    index = canvas.mask()
    table = np.zeros((len(quads), 9), np.float32)  # colour 3, furrow wave vector 2, strengths 3, tractor period
    crops = rng.choice(len(CROPS), size=rng.integers(3, 7), replace=False)
    for number, quad in enumerate(quads):
        canvas.fill(index, quad, number)
        colour, furrow, mottle, tractor = CROPS[crops[rng.integers(len(crops))]]
        normal = across if rng.random() < 0.6 else along
        table[number, :3] = np.array(colour) * rng.uniform(0.9, 1.1) * rng.uniform(0.96, 1.04, 3)
        table[number, 3:5] = normal * 2 * np.pi / (rng.uniform(5, 11) * canvas.scale)
        table[number, 5:8] = furrow * rng.uniform(0.6, 1.3), mottle, tractor
        table[number, 8] = 1 / rng.integers(5, 9)
    wobble = canvas.noise(260, 1) * 1.5
    columns, rows = (
        np.arange(canvas.width, dtype=np.float32),
        np.arange(canvas.height, dtype=np.float32)[:, None],
    )
    phase = table[index, 3] * columns + table[index, 4] * rows + wobble
    shade = np.sin(phase) * table[index, 5] + canvas.noise(70, 4) * table[index, 6] * 1.6
    lines = np.mod(phase * table[index, 8] / np.float32(2 * np.pi), 1)
    shade -= ((lines < 0.05) | ((lines > 0.11) & (lines < 0.16))) * table[index, 7]
    shade += canvas.grain() * 0.035 + canvas.noise(300, 2) * 0.05
    canvas.image[:] = table[index, :3] * (1 + shade[..., None])
    canvas.label[:] = FIELD
    border = canvas.mask()
    for quad in quads:
        canvas.line(border, quad, rng.uniform(1.5, 4), 1, closed=True)
    canvas.paint(border, np.array([70, 128, 108]) * rng.uniform(0.85, 1.1), canvas.grain() * 0.08)
    return quads
