# SPDX-License-Identifier: Apache-2.0
"""One call at a time into the session: what lanes on the CPU and on a card have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from segfleet.engines.onnxruntime.failures import raise_error
from segfleet.engines.onnxruntime.library import ort
from segfleet.engines.onnxruntime.signature import Signature, given_type


class Lane(ABC):
    """Not thread-safe: one thread at a time. Lanes share the session, whose run() lets other threads in."""

    def __init__(self, session: Any, signature: Signature) -> None:
        self._session = session
        self._signature = signature
        self._rounded = np.empty(0, np.float16)

    def run(self, batch: np.ndarray) -> np.ndarray:
        """See segfleet.engine.Engine.infer()."""
        batch = np.ascontiguousarray(batch, np.float32)
        try:
            result = self._run(self._in_the_graphs_type(batch))
        except Exception as error:
            self._let_go()
            raise_error(error, f"run a batch of {'x'.join(map(str, batch.shape))}")
        if result.ndim == 4 and not self._signature.is_scores and result.shape[1] == 1:
            result = result[:, 0]
        return result.astype(given_type(result.dtype), copy=False)

    @abstractmethod
    def _run(self, batch: np.ndarray) -> np.ndarray:
        """A batch of the graph's own input type; what comes back is the caller's."""

    @abstractmethod
    def _let_go(self) -> None:
        """After a failure: what holds memory here would be missing for a smaller batch."""

    def _in_the_graphs_type(self, batch: np.ndarray) -> np.ndarray:
        if self._signature.input_type == batch.dtype:
            return batch
        if self._rounded.size < batch.size:
            self._rounded = np.empty(batch.size, np.float16)
        rounded = self._rounded[: batch.size].reshape(batch.shape)
        with np.errstate(over="ignore"):
            np.copyto(rounded, batch, casting="same_kind")
        return rounded


def quiet_run_options() -> Any:
    options = ort.RunOptions()
    options.log_severity_level = 4  # what fails is raised as well
    return options


def address_of(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]
