# SPDX-License-Identifier: Apache-2.0
"""Engine onnxruntime on a card that is not there: scripted_onnxruntime and scripted_cuda, fixtures of conftest.py."""

import importlib

import numpy as np

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
