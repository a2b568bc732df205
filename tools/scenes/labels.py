# SPDX-License-Identifier: Apache-2.0
"""The classes, in the order of their indices, and PaddleSeg's palette for label pictures.

field     0  crops, meadow, bare soil, yards, river banks: all open ground
water     1  rivers and lakes
forest    2  every tree crown: woods, hedges, garden trees
road      3  asphalt and dirt roads, with what drives on them; bridges
building  4  roofs, with what stands on them
"""

CLASSES = ("field", "water", "forest", "road", "building")
FIELD, WATER, FOREST, ROAD, BUILDING = range(len(CLASSES))


def palette():
    """768 values (R, G, B of 256 indices): the VOC colours without their first entry, as PaddleSeg writes them."""
    colours = []
    for index in range(1, 257):
        rgb = [0, 0, 0]
        for bit in range(8):
            for channel in range(3):
                rgb[channel] |= (index >> (3 * bit + channel) & 1) << (7 - bit)
        colours += rgb
    return colours
