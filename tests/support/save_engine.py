# SPDX-License-Identifier: Apache-2.0
"""An engine that keeps what it is given: --engine save_engine:Save --engine-option file=PATH."""

import numpy as np


class Save:
    def load(self, model, options):
        self.file = options.extra["file"]

    def infer(self, batch, lane):
        np.save(self.file, batch)
        return np.zeros((len(batch), *batch.shape[2:]), np.uint8)
