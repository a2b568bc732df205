# SPDX-License-Identifier: Apache-2.0
"""`python -m segfleet.conversion.run_paddle GRAPH WEIGHTS HEIGHT WIDTH`: what Paddle gives for random input.

Writes input_0.npy and paddle_0.npy in the current folder (1×3×H×W float32; output 0). Where the graph leaves extents
open also input_1.npy and paddle_1.npy with others: a conversion that nailed them down must not pass. HEIGHT and WIDTH,
in pixels, stand in for open extents.
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
    """The input shapes to try, for a graph whose open extents are -1."""
    usual = (1, 3, height, width)
    other = (2, 3, height + _OTHER_SIZE, width + _OTHER_SIZE)
    shapes = [
        tuple(own if own > 0 else given for own, given in zip(graph_shape, given_shape, strict=True))
        for given_shape in (usual, other)
    ]
    return shapes[:1] if shapes[0] == shapes[1] else shapes


def main() -> int:
    graph, weights, height, width = sys.argv[1:]
    from paddle import inference

    config = inference.Config(graph, weights)
    config.disable_gpu()
    config.disable_mkldnn()  # the plain kernels are the reference
    config.disable_glog_info()
    predictor = inference.create_predictor(config)
    feed = predictor.get_input_handle(predictor.get_input_names()[0])
    fetch = predictor.get_output_handle(predictor.get_output_names()[0])
    for number, shape in enumerate(shapes_of(list(feed.shape()), int(height), int(width))):
        batch = random_input(number, shape)
        try:
            feed.reshape(shape)
            feed.copy_from_cpu(batch)
            predictor.run()
        except Exception:
            if number == 0:
                raise
            print(f"Paddle itself does not run the graph with {shape}: not compared", file=sys.stderr)
            break
        np.save(f"input_{number}.npy", batch)
        np.save(f"paddle_{number}.npy", fetch.copy_to_cpu())
    return 0


if __name__ == "__main__":
    sys.exit(main())
