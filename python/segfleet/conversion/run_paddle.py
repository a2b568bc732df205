# SPDX-License-Identifier: Apache-2.0
"""`python -m segfleet.conversion.run_paddle GRAPH WEIGHTS`: what Paddle gives for random input.

Reads input_N.npy in the current folder and writes paddle_N.npy: output 0. An input after the first that Paddle itself
cannot run is removed: the graph takes fewer shapes than it says.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np


def main() -> int:
    graph, weights = sys.argv[1:]
    from paddle import inference

    config = inference.Config(graph, weights)
    config.disable_gpu()
    config.disable_mkldnn()  # the plain kernels are the reference
    config.disable_glog_info()
    predictor = inference.create_predictor(config)
    feed = predictor.get_input_handle(predictor.get_input_names()[0])
    fetch = predictor.get_output_handle(predictor.get_output_names()[0])
    for number, file in enumerate(sorted(Path().glob("input_*.npy"))):
        batch = np.load(file)
        try:
            feed.reshape(batch.shape)
            feed.copy_from_cpu(batch)
            predictor.run()
        except Exception:
            if number == 0:
                raise
            file.unlink()
            break
        np.save(f"paddle_{number}.npy", fetch.copy_to_cpu())
    return 0


if __name__ == "__main__":
    sys.exit(main())
