# SPDX-License-Identifier: Apache-2.0
"""The road network: a main road, side roads and village streets, with lines, ruts and cars."""

from dataclasses import dataclass

import numpy as np

from .canvas import rectangle
from .labels import ROAD, WATER

CAR_COLOURS = ((235, 235, 235), (40, 40, 44), (60, 60, 190), (170, 110, 50), (150, 152, 155), (50, 140, 180))


@dataclass
class Road:
    points: np.ndarray  # units, close together
    width: float  # units
    kind: str  # "main", "side" (asphalt without marks), "dirt"

    def directions(self):
        steps = np.gradient(self.points, axis=0)
        return steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-6)


def bent(rng, start, end, bend):
    """A gently curved path from start to end, a point about every 8 units."""
    length = np.linalg.norm(end - start)
    t = np.linspace(0, 1, max(int(length / 8), 4))[:, None]
    normal = np.array([start[1] - end[1], end[0] - start[0]]) / max(length, 1)
    curve = rng.normal(0, bend) * np.sin(np.pi * t) + rng.normal(0, bend / 2) * np.sin(2 * np.pi * t)
    return start + (end - start) * t + normal * curve * length


def plan_roads(canvas):
    rng = canvas.rng
    angle, reach = rng.uniform(0, 2 * np.pi), np.linalg.norm(canvas.extent) * 0.62
    along = np.array([np.cos(angle), np.sin(angle)])
    centre = canvas.extent * rng.uniform(0.3, 0.7, 2)
    main = Road(bent(rng, centre - along * reach, centre + along * reach, 0.06), rng.uniform(19, 30), "main")
    roads = [main]
    inside = np.flatnonzero(np.all((main.points > 0) & (main.points < canvas.extent), axis=1))
    for _ in range(rng.integers(1, 4) if len(inside) else 0):  # a narrow picture may miss the main road
        at = inside[rng.integers(len(inside))]
        turn = rng.uniform(0.7, 2.4) * rng.choice([-1, 1])
        way = main.directions()[at]
        way = np.array([way[0] * np.cos(turn) - way[1] * np.sin(turn), way[0] * np.sin(turn) + way[1] * np.cos(turn)])
        start = main.points[at]
        length = reach * 1.3 if rng.random() < 0.7 else rng.uniform(180, 380)
        kind = "side" if rng.random() < 0.6 else "dirt"
        roads.append(Road(bent(rng, start, start + way * length, 0.05), rng.uniform(13, 19), kind))
    return roads


def draw_markings(canvas, road):
    white = (225, 228, 228)
    normals = road.directions()[:, ::-1] * np.array([-1, 1])
    for side in (-1, 1):
        canvas.line(canvas.image, road.points + normals * side * (road.width / 2 - 1.8), 0.9, white)
    for start in range(0, len(road.points) - 2, 3):
        canvas.line(canvas.image, road.points[start : start + 2], 1.0, white)


def draw_ruts(canvas, road):
    normals = road.directions()[:, ::-1] * np.array([-1, 1])
    for side in (-1, 1):
        canvas.line(canvas.image, road.points + normals * side * road.width * 0.23, 2.2, (150, 182, 200))


def draw_cars(canvas, road):
    rng, directions = canvas.rng, road.directions()
    for at in rng.integers(0, len(road.points), int(len(road.points) * (0.08 if road.kind == "main" else 0.04))):
        way = directions[at]
        lane = np.array([-way[1], way[0]]) * road.width * 0.22 * rng.choice([-1, 1])
        centre, colour = road.points[at] + lane, CAR_COLOURS[rng.integers(len(CAR_COLOURS))]
        canvas.fill(canvas.image, rectangle(centre - canvas.sun * 1.2, way, 10.5, 5), (40, 42, 44))
        canvas.fill(canvas.image, rectangle(centre, way, 10, 4.6), colour)
        canvas.fill(canvas.image, rectangle(centre - way * 0.6, way, 4.5, 3.8), tuple(c * 0.55 for c in colour))


def draw_roads(canvas):
    """Draws the network and gives its roads."""
    rng = canvas.rng
    roads = plan_roads(canvas)
    verge, grain = canvas.mask(), canvas.grain()
    for road in roads:
        canvas.line(verge, road.points, road.width + rng.uniform(3, 8), 1)
    over_water = canvas.label == WATER
    canvas.paint((verge > 0) & ~over_water, np.array([88, 142, 134]) * rng.uniform(0.85, 1.1), grain * 0.07)
    canvas.paint((verge > 0) & over_water, (168, 172, 174), grain * 0.03)  # a bridge's parapets
    canvas.label[(verge > 0) & over_water] = ROAD
    worn = canvas.noise(40, 3) * 0.10 + grain * 0.03
    grey = rng.uniform(95, 150)
    for road in sorted(roads, key=lambda r: ("dirt", "side", "main").index(r.kind)):
        surface = canvas.mask()
        canvas.line(surface, road.points, road.width, 1)
        tone = np.array([118, 152, 172]) if road.kind == "dirt" else np.array([1.02, 1, 0.98]) * grey
        canvas.paint(surface, tone * rng.uniform(0.93, 1.07), worn)
        canvas.label[surface > 0] = ROAD
        if road.kind == "main":
            draw_markings(canvas, road)
        elif road.kind == "dirt":
            draw_ruts(canvas, road)
    for road in roads:
        draw_cars(canvas, road)
    return roads
