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
import sys
import time

import numpy as np


class Bright:
    def load(self, model, options):
        self.notes = ["a note"]

    def infer(self, batch, lane):
        return (batch[:, 0] > 0).astype(np.uint8)


class Faulty(Bright):
    # What the top left pixel's red means: 255 exit, 254 raise, 253 hang, 252 a wrong shape, 251 a wrong count,
    # 250 sys.exit().
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
        if red == 251:
            return np.zeros((2, *batch.shape[2:]), np.uint8)
        if red == 250:
            sys.exit(3)
        return super().infer(batch, lane)


class NoLoad(Bright):
    def load(self, model, options):
        raise RuntimeError("the licence has run out")


class HangsInLoad(Bright):
    def load(self, model, options):
        open("entered", "w").close()
        time.sleep(3600)


class Loud(Bright):
    def load(self, model, options):
        os.write(1, b"x" * 5_000_000)

    def infer(self, batch, lane):
        print("y" * 5_000_000, flush=True)
        os.write(2, b"z" * 5_000_000)
        return super().infer(batch, lane)


class NotANumber(Bright):
    def infer(self, batch, lane):
        return np.full((len(batch), 3, *batch.shape[2:]), np.nan, np.float32)


class Held(Bright):
    # The first picture is announced by the pipe "entered" and held until "go" is opened.
    def load(self, model, options):
        self.held = False

    def infer(self, batch, lane):
        if not self.held:
            self.held = True
            open("entered", "w").close()
            open("go").close()
        return super().infer(batch, lane)


class HeldFaulty(Held, Faulty):
    pass


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
