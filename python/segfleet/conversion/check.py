# SPDX-License-Identifier: Apache-2.0
"""A converted graph against Paddle's own run of the original, on random input."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segfleet._native import ModelPackage
from segfleet.conversion import packages
from segfleet.conversion.agreement import Agreement, compare
from segfleet.conversion.child import run
from segfleet.conversion.sizes import usual_size
from segfleet.errors import EngineError, ModelInvalid, ModelUnsupported


def check(model: ModelPackage, graph: Path, weights: Path, onnx_file: Path, work: Path) -> tuple[Agreement, str]:
    """Compares on one or two shapes. Gives what it found and the engine that ran the converted graph.

    Raises ModelInvalid where Paddle cannot run the original, EngineError where the engine cannot run the converted
    one, ModelUnsupported with the share of equal pixels where they do not agree.
    """
    height, width = usual_size(model)
    why = run("segfleet.conversion.random_input", [str(onnx_file), str(height), str(width)], work)
    if why is not None:
        raise ModelUnsupported(f"what paddle2onnx made of {model.graph_path} takes no picture: {why}")
    why = run("segfleet.conversion.run_paddle", [str(graph), str(weights)], work)
    if why is not None:
        raise ModelInvalid(f"Paddle cannot run {model.graph_path} on random input: {why}")
    engine = packages.checker() or "onnxruntime"
    why = run("segfleet.conversion.run_onnx", [str(onnx_file), engine], work)
    if why is not None:
        raise EngineError(f"{engine} cannot run what paddle2onnx made of {model.graph_path}: {why}")
    agreement = Agreement()
    for number in range(len(list(work.glob("paddle_*.npy")))):
        scores = work / f"scores_{number}.npy"
        try:
            agreement.add(
                compare(
                    np.load(work / f"paddle_{number}.npy"),
                    np.load(work / f"onnx_{number}.npy"),
                    np.load(scores) if scores.exists() else None,
                )
            )
        except ValueError as error:
            raise ModelUnsupported(f"what paddle2onnx made of {model.graph_path} is not trusted: {error}") from None
    if not agreement.trusted:
        gap = agreement.widest_gap
        ties = "" if gap is None else f", and a differing pixel's classes lie {gap:.2g} of the largest score apart"
        raise ModelUnsupported(
            f"what paddle2onnx made of {model.graph_path} is not trusted: only {agreement.equal_share:.4%} of the "
            f"pixels have Paddle's labels on random input{ties}; run the package with --engine paddle"
        )
    return agreement, engine
