# SPDX-License-Identifier: Apache-2.0
"""Woods, hedges and garden trees, crown by crown."""

import cv2
import numpy as np

from .labels import FIELD, FOREST

GREENS = ((38, 82, 56), (44, 94, 74), (52, 86, 50), (34, 70, 52), (48, 104, 88))  # BGR


def wood_seeds(canvas, edge, pitch):
    """Trees on a jittered grid, where slow noise says wood; none in the water."""
    rng = canvas.rng
    columns, rows = (canvas.extent / pitch + 3).astype(int)
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 2) - 1.0
    grid[:, 0] += 0.5 * (grid[:, 1] % 2)
    seeds = (grid + rng.uniform(-0.38, 0.38, grid.shape)) * pitch
    density = canvas.noise(230, 2)
    threshold = np.quantile(density[::8, ::8], 1 - rng.uniform(0.14, 0.34))
    x, y = pixel_of(canvas, seeds)
    wanted = density[y, x] > threshold
    if edge is not None:
        wanted &= edge[y, x] > pitch * 0.5
    return seeds[wanted]


def hedge_seeds(canvas, quads, pitch):
    rng, rows = canvas.rng, [np.zeros((0, 2))]
    for number in rng.integers(0, len(quads), rng.integers(0, 4)):
        start, end = quads[number][:2]
        steps = np.arange(0, np.linalg.norm(end - start), pitch * 0.62)[:, None] / np.linalg.norm(end - start)
        rows.append(start + (end - start) * steps + rng.uniform(-1.5, 1.5, (len(steps), 2)))
    return np.concatenate(rows)


def garden_seeds(canvas, buildings, pitch):
    rng, seeds = canvas.rng, [np.zeros((0, 2))]
    for building in buildings:
        for _ in range(rng.choice([0, 1, 2, 3], p=[0.45, 0.25, 0.2, 0.1])):
            corner = building.corners(pitch * rng.uniform(0.9, 1.4))[rng.integers(4)]
            seeds.append(corner[None] + rng.uniform(-3, 3, (1, 2)))
    return np.concatenate(seeds)


def pixel_of(canvas, points):
    pixels = np.round(points * canvas.scale).astype(int)
    return np.clip(pixels, 0, [canvas.width - 1, canvas.height - 1]).T


def grow(canvas, seeds, radius):
    """Distance to the nearest tree in units, and that tree's number."""
    ground = np.full((canvas.height, canvas.width), 255, np.uint8)
    x, y = pixel_of(canvas, seeds)
    ground[y, x] = 0
    distance, nearest = cv2.distanceTransformWithLabels(ground, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    return distance / np.float32(canvas.scale), nearest


def plan_trees(canvas, quads, edge, buildings):
    """Crowns as (mask, height in units, nearest tree's number); None where a scene has no tree."""
    rng, pitch = canvas.rng, canvas.rng.uniform(10.5, 16)
    radius = pitch * 0.82
    seeds = np.concatenate(
        [
            wood_seeds(canvas, edge, pitch),
            hedge_seeds(canvas, quads, pitch),
            garden_seeds(canvas, buildings, pitch),
        ]
    )
    blocked = (canvas.label != FIELD).astype(np.uint8)
    for building in buildings:
        canvas.fill(blocked, building.corners(4), 1)
    reach = 2 * canvas.thickness(radius * 0.8) + 1
    blocked = cv2.dilate(blocked, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    inside = np.all((seeds >= 0) & (seeds * canvas.scale < [canvas.width, canvas.height]), axis=1)
    seeds = seeds[inside]
    x, y = pixel_of(canvas, seeds)
    seeds = seeds[blocked[y, x] == 0]
    if not len(seeds):
        return None
    distance, nearest = grow(canvas, seeds, radius)
    sizes = rng.uniform(0.8, 1.15, nearest.max() + 1).astype(np.float32)[nearest] * np.float32(radius)
    bumpy = distance + canvas.noise(5, 2) * 2.0
    crown = np.sqrt(np.clip(1 - (bumpy / sizes) ** 2, 0, 1)) * np.float32(radius)
    return bumpy < sizes, crown, nearest


def draw_trees(canvas, trees):
    mask, crown, nearest = trees
    rng = canvas.rng
    base = np.array(GREENS[rng.integers(len(GREENS))]) * rng.uniform(0.9, 1.25)
    tint = rng.uniform(0.82, 1.2, (nearest.max() + 1, 1)) * rng.uniform(0.93, 1.07, (nearest.max() + 1, 3))
    if rng.random() < 0.15:  # autumn: some trees turn
        tint[rng.random(len(tint)) < 0.4] *= (0.8, 1.15, 1.9)
    smooth = cv2.GaussianBlur(crown, (0, 0), max(0.8 * canvas.scale, 0.5))
    slope_x, slope_y = cv2.Sobel(smooth, -1, 1, 0, scale=1 / 8), cv2.Sobel(smooth, -1, 0, 1, scale=1 / 8)
    facing = -(slope_x * np.float32(canvas.sun[0]) + slope_y * np.float32(canvas.sun[1])) * np.float32(canvas.scale)
    light = 0.72 + 0.42 * np.clip(facing, -1.2, 1.2) + 0.36 * crown / crown.max()
    light *= 1 + canvas.noise(3, 2) * 0.22 + canvas.grain() * 0.05
    flat = np.flatnonzero(mask)
    colour = (base * tint).astype(np.float32)[nearest.reshape(-1)[flat]] * light.reshape(-1)[flat, None]
    canvas.image.reshape(-1, 3)[flat] = colour
    canvas.label.reshape(-1)[flat] = FOREST
