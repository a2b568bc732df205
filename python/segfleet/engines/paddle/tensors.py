# SPDX-License-Identifier: Apache-2.0
"""Arrays into and out of a predictor."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from segfleet.errors import EngineError


class InputFeed:
    """Gives batches to a predictor's input: on the CPU where they lie, elsewhere by a copy.

    A shared array must be shared again for every run: with oneDNN the run replaces it by its own layout. And once
    shared, copy_from_cpu() would write into the caller's memory, so that one way or the other is kept to.
    """

    def __init__(self, paddle: ModuleType, handle: Any, on_cpu: bool) -> None:
        core = paddle.base.core if hasattr(paddle, "base") else None
        self._dense_tensor = getattr(core, "DenseTensor", None) if on_cpu else None
        self._place = paddle.CPUPlace() if self._dense_tensor else None
        self._handle = handle

    def give(self, batch: np.ndarray) -> None:
        """`batch`: C-contiguous float32. Its memory is read until the next run ends, and never written."""
        if self._dense_tensor is None:
            self._handle.reshape(list(batch.shape))
            self._handle.copy_from_cpu(batch)
            return
        tensor = self._dense_tensor()
        tensor.set(batch, self._place, True)
        self._handle.share_external_data(tensor)


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
