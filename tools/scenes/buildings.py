# SPDX-License-Identifier: Apache-2.0
"""Where buildings stand: houses along the roads, farms and halls in the fields."""

from dataclasses import dataclass

import numpy as np

from .canvas import rectangle
from .labels import FIELD


@dataclass
class Building:
    centre: np.ndarray  # units
    direction: np.ndarray  # unit vector of the long side
    length: float
    width: float
    height: float  # units; sets the shadow's length
    roof: str  # "gable", "hip", "flat"

    def corners(self, margin=0.0):
        return rectangle(self.centre, self.direction, self.length + 2 * margin, self.width + 2 * margin)


def is_free(canvas, taken, building, margin):
    """Whether the building and `margin` units around it lie in the picture, on open ground, and on none before it."""
    across = np.array([-building.direction[1], building.direction[0]])
    u, v = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9))
    half_length, half_width = building.length / 2 + margin, building.width / 2 + margin
    points = building.centre + u.reshape(-1, 1) * half_length * building.direction
    points = np.round((points + v.reshape(-1, 1) * half_width * across) * canvas.scale).astype(int)
    inside = np.all((points >= 0) & (points < [canvas.width, canvas.height]), axis=1)
    if inside.mean() < 0.5:
        return False
    x, y = points[inside].T
    return not taken[y, x].any()


def candidates(canvas, roads):
    """Buildings wished for, most wanted first."""
    rng = canvas.rng
    for _ in range(rng.choice([0, 1, 2, 3], p=[0.25, 0.35, 0.25, 0.15])):
        angle = rng.uniform(0, np.pi)
        size = rng.uniform(60, 120), rng.uniform(36, 64)
        yield Building(
            canvas.extent * rng.uniform(0.08, 0.92, 2),
            np.array([np.cos(angle), np.sin(angle)]),
            *size,
            rng.uniform(10, 22),
            "flat" if rng.random() < 0.6 else "gable",
        )
    villages = canvas.extent * rng.uniform(0.15, 0.85, (2, 2))
    spread = rng.uniform(130, 260)
    for road in roads:
        directions = road.directions()
        for at in range(2, len(road.points) - 2, 5):
            for side in (-1, 1):
                near = np.exp(-((np.linalg.norm(villages - road.points[at], axis=1).min() / spread) ** 2))
                if rng.random() > 0.12 + 0.85 * near:
                    continue
                direction = directions[at]
                across = np.array([-direction[1], direction[0]]) * side
                length, width = rng.uniform(30, 50), rng.uniform(24, 34)
                along_road = rng.random() < 0.6
                depth = width if along_road else length
                centre = road.points[at] + across * (road.width / 2 + depth / 2 + rng.uniform(8, 20))
                yield Building(
                    centre,
                    direction if along_road else across,
                    length,
                    width,
                    rng.uniform(9, 18),
                    rng.choice(["gable", "hip", "flat"], p=[0.55, 0.25, 0.2]),
                )


def plan_buildings(canvas, roads):
    """Buildings that stand free, with some of their yards drawn."""
    rng = canvas.rng
    taken = (canvas.label != FIELD).astype(np.uint8)
    standing = []
    for building in candidates(canvas, roads):
        if is_free(canvas, taken, building, 5):
            canvas.fill(taken, building.corners(5), 1)
            standing.append(building)
    lawns, gravel = canvas.mask(), canvas.mask()
    for building in standing:
        if rng.random() < 0.75:
            canvas.fill(gravel if rng.random() < 0.3 else lawns, building.corners(rng.uniform(6, 16)), 1)
    open_ground = canvas.label == FIELD
    grain = canvas.noise(14, 2) * 0.08 + canvas.grain() * 0.05
    canvas.paint((lawns > 0) & open_ground, np.array([72, 138, 106]) * rng.uniform(0.85, 1.15), grain)
    canvas.paint((gravel > 0) & open_ground, np.array([138, 160, 172]) * rng.uniform(0.85, 1.1), grain)
    return standing
