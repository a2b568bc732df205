# SPDX-License-Identifier: Apache-2.0
"""One scene from its seed: the layers, bottom to top."""

import numpy as np

from .buildings import plan_buildings
from .canvas import Canvas
from .fields import draw_fields
from .light import cast_shadows, develop
from .roads import draw_roads
from .roofs import draw_roofs
from .trees import draw_trees, plan_trees
from .water import draw_water


def make_scene(seed, index, width, height):
    """Gives (picture BGR uint8 HxWx3, label uint8 HxW). The same arguments give the same scene."""
    canvas = Canvas(np.random.default_rng([seed, index]), width, height)
    quads = draw_fields(canvas)
    edge = draw_water(canvas)
    roads = draw_roads(canvas)
    buildings = plan_buildings(canvas, roads)
    trees = plan_trees(canvas, quads, edge, buildings)
    cast_shadows(canvas, buildings, trees)
    if trees is not None:
        draw_trees(canvas, trees)
    draw_roofs(canvas, buildings)
    return develop(canvas), canvas.label
