# SPDX-License-Identifier: Apache-2.0
"""Engines in Python for the benchmarks: one that costs nothing, one that takes the time of the simulated engine."""

import time

import numpy as np


class Free:
    def load(self, model, options):
        self.lanes = options.lanes

    def infer(self, batch, lane):
        return np.zeros((len(batch), *batch.shape[2:]), np.uint8)


class Sleeps(Free):
    def infer(self, batch, lane):
        time.sleep(0.005)
        return super().infer(batch, lane)
