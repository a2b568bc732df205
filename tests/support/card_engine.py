# SPDX-License-Identifier: Apache-2.0
"""Engine onnxruntime on a card that is not there: scripted_onnxruntime and scripted_cuda, fixtures of conftest.py."""

import importlib

import numpy as np

# A module for a worker process. Its engine refuses a batch whose pixels came from ordinary memory: one of several
# pictures always, a single one where it is told to.
MODULE = """
import ctypes, sys
import scripted_cuda, scripted_onnxruntime
library, real = scripted_cuda.ScriptedCuda(), ctypes.CDLL
ctypes.CDLL = lambda name, *more, **words: library if name == "libcuda.so.1" else real(name, *more, **words)
sys.modules["onnxruntime"] = scripted_onnxruntime
scripted_onnxruntime.script.input_shape = ["n", 3, "h", "w"]
from segfleet.engines.onnxruntime import OnnxRuntimeEngine


class OnACard(OnnxRuntimeEngine):
    def load(self, model, options):
        super().load(model, options)
        self.strict = options.batch == 1

    def infer(self, batch, lane):
        address = batch.__array_interface__["data"][0]
        if (self.strict or len(batch) > 1) and not library.is_pinned(address, batch.nbytes):
            raise RuntimeError("ordinary memory")
        return super().infer(batch, lane)
"""

PACKAGE = "segfleet.engines.onnxruntime"


class Fail(Exception):
    """As ONNX Runtime's own exceptions: no base class of use."""


def engine_of(package, **options):
    from segfleet import EngineOptions

    engine = importlib.import_module(PACKAGE).OnnxRuntimeEngine()
    engine.load(package, EngineOptions(**({"device": "gpu:3", "batch": 4} | options)))
    return engine


def pictures(*shape):
    return np.random.default_rng(0).uniform(0, 9, shape).astype(np.float32)


def labels(batch):
    """What the stand-in makes of it."""
    return batch[:, 0].astype(np.int32)
