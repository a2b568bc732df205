# SPDX-License-Identifier: Apache-2.0
"""An engine of one's own: everything that segfleet needs to know of it is load() and infer().

    cd examples
    segfleet run --engine my_engine:MyEngine --model ../models/demo --input pictures/ --output masks/

Reading, resizing, normalising, writing masks, retries and resume stay segfleet's. The model package says what is done
to a picture before it comes here (`transforms:` in its deploy.yaml); what its graph file means is up to the engine.
"""

import numpy as np


class MyEngine:
    """Class 1 where a pixel is greener than it is red or blue: vegetation, by the excess green index."""

    version = "1.0"

    def load(self, model, options):
        if options.device != "cpu":
            raise ValueError(f"this engine runs on the cpu alone, not on {options.device}")
        self.threshold = float(options.extra.get("threshold", 0.1))  # --engine-option threshold=0.2
        self.lanes = options.lanes  # infer() keeps nothing between calls: several may run at once
        self.class_count = 2

    def infer(self, batch, lane):
        """N×3×H×W float32, RGB in [-1, 1] as Normalize makes it; gives N×H×W labels."""
        red, green, blue = (batch[:, channel] for channel in range(3))
        return (2 * green - red - blue > self.threshold).astype(np.uint8)
