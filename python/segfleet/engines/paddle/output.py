# SPDX-License-Identifier: Apache-2.0
"""A predictor's output as segfleet takes it."""

from __future__ import annotations

import numpy as np

from segfleet.errors import EngineError


def as_labels_or_scores(output: np.ndarray, output_op: str, batch: int) -> np.ndarray:
    """Paddle's output 0 as segfleet takes it: N×H×W labels, or N×C×H×W float32 scores. Raises EngineError."""
    shape = list(output.shape)
    if output.dtype == np.uint16:  # bfloat16: NumPy has none, Paddle gives its bits
        output = (output.astype(np.uint32) << 16).view(np.float32)
    is_float = output.dtype.kind == "f"
    if output.ndim == 4 and shape[1] == 1 and not (is_float and output_op != "argmax"):
        output = output[:, 0]
    labels = output.ndim == 3 and (not is_float or output_op == "argmax")
    if output.shape[:1] != (batch,) or not (labels or (output.ndim == 4 and is_float)):
        raise EngineError(
            f"the graph's output 0 is {output.dtype} {shape} for a batch of {batch}: expected N×H×W labels or "
            "N×C×H×W scores; export the model with PaddleSeg's tools/export.py"
        )
    if not labels:
        return np.ascontiguousarray(output, np.float32)
    if output.dtype not in (np.uint8, np.int32, np.int64):
        output = output.astype(np.int32)
    return np.ascontiguousarray(output)
