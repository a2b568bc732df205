# SPDX-License-Identifier: Apache-2.0
"""A model package whose engine is a class of the test's, and fleets on it."""

import numpy as np

DEPLOY = """Deploy:
  model: graph.onnx
  transforms:
  - type: Normalize
  output_op: argmax
"""

ENGINE = """
import os
import time

import numpy as np


class Bright:
    def load(self, model, options):
        self.notes = ["a note"]

    def infer(self, batch, lane):
        return (batch[:, 0] > 0).astype(np.uint8)


class Faulty(Bright):
    # What the top left pixel's red means: 255 exit, 254 raise, 253 hang, 252 a wrong shape.
    def infer(self, batch, lane):
        red = round((float(batch[0, 0, 0, 0]) + 1) * 127.5)
        if red == 255:
            os._exit(3)
        if red == 254:
            raise KeyError("mine")
        if red == 253:
            time.sleep(3600)
        if red == 252:
            return np.zeros((1, 2, 2), np.uint8)
        return super().infer(batch, lane)


class NoLoad(Bright):
    def load(self, model, options):
        raise RuntimeError("the licence has run out")


class Slow(Bright):
    def infer(self, batch, lane):
        time.sleep(0.2)
        return super().infer(batch, lane)


class Scores(Bright):
    def infer(self, batch, lane):
        return np.concatenate([-batch[:, :1], batch[:, :1]], axis=1) * 4
"""


def write_package(folder, output_op="argmax"):
    (folder / "own_engine.py").write_text(ENGINE)
    model = folder / "model"
    model.mkdir(exist_ok=True)
    (model / "deploy.yaml").write_text(DEPLOY.replace("argmax", output_op))
    (model / "graph.onnx").write_bytes(b"never opened by these engines")
    return model


def picture(seed=0, width=40, height=30, red=None):
    """BGR uint8. red: of the top left pixel."""
    array = np.random.default_rng(seed).integers(0, 250, (height, width, 3), dtype=np.uint8)
    if red is not None:
        array[0, 0, 2] = red
    return array


def labels_of(array):
    """What the engines here make of a BGR picture."""
    return (array[:, :, 2] > 127).astype(np.uint8)
