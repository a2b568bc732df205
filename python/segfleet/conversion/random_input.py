# SPDX-License-Identifier: Apache-2.0
"""`python -m segfleet.conversion.random_input ONNX HEIGHT WIDTH`: pictures' worth of noise that the graph takes.

Writes input_0.npy in the current folder, 1×3×H×W float32. Where the graph leaves extents open also input_1.npy with
others: a conversion that nailed down something inside must not pass. HEIGHT and WIDTH, in pixels, stand in for those.
"""

from __future__ import annotations

import sys

import numpy as np

_OTHER_SIZE = 32  # pixels more: networks want multiples of their stride


def random_input(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Waves with noise on them, about -2 to 2, as normalised pictures are."""
    random = np.random.default_rng(seed)
    batch, channels, height, width = shape
    rows, columns = np.arange(height)[:, None], np.arange(width)[None, :]
    phases = random.uniform(0, 2 * np.pi, (batch, channels, 1, 1))
    waves = np.sin(rows / random.uniform(5, 40) + columns / random.uniform(5, 40) + phases)
    return (waves + random.uniform(-1, 1, shape)).astype(np.float32)


def shapes_of(graph_shape: list[int], height: int, width: int) -> list[tuple[int, ...]]:
    """The input shapes to try, for a graph whose open extents are 0 or less."""
    usual = (1, 3, height, width)
    other = (2, 3, height + _OTHER_SIZE, width + _OTHER_SIZE)
    shapes = [
        tuple(own if own > 0 else given for own, given in zip(graph_shape, given_shape, strict=True))
        for given_shape in (usual, other)
    ]
    return shapes[:1] if shapes[0] == shapes[1] else shapes


def main() -> int:
    onnx_file, height, width = sys.argv[1:]
    import onnx

    extents = onnx.load(onnx_file).graph.input[0].type.tensor_type.shape.dim
    for number, shape in enumerate(shapes_of([extent.dim_value for extent in extents], int(height), int(width))):
        np.save(f"input_{number}.npy", random_input(number, shape))
    return 0


if __name__ == "__main__":
    sys.exit(main())
