# SPDX-License-Identifier: Apache-2.0
"""One call at a time into the session: bindings and buffers that are used again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from segfleet.engines.onnxruntime.buffers import OutputBuffers
from segfleet.engines.onnxruntime.failures import raise_error
from segfleet.engines.onnxruntime.library import ort
from segfleet.engines.onnxruntime.settings import Settings
from segfleet.engines.onnxruntime.signature import Signature, given_type

_MOST_SHAPES = 4096  # of which the output's shape is remembered
_MOST_INPUTS = 4  # input buffers on a card: one for each shape


class Lane:
    """Not thread-safe: one thread at a time. Lanes share the session, whose run() lets other threads in."""

    def __init__(self, session: Any, signature: Signature, settings: Settings) -> None:
        self._session = session
        self._signature = signature
        self._on_card = settings.on_card
        self._binding = session.io_binding()
        self._run_options = ort.RunOptions()
        self._run_options.log_severity_level = 4  # what fails is raised as well
        self._buffers = OutputBuffers()
        self._rounded = np.empty(0, np.float16)
        self._device_inputs: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._output_shapes: dict[tuple[int, ...], tuple[int, ...]] = {}

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

    def _in_the_graphs_type(self, batch: np.ndarray) -> np.ndarray:
        if self._signature.input_type == batch.dtype:
            return batch
        if self._rounded.size < batch.size:
            self._rounded = np.empty(batch.size, np.float16)
        rounded = self._rounded[: batch.size].reshape(batch.shape)
        with np.errstate(over="ignore"):
            np.copyto(rounded, batch, casting="same_kind")
        return rounded

    def _run(self, batch: np.ndarray) -> np.ndarray:
        binding, name = self._binding, self._signature.output_name
        self._bind_input(batch)
        shape = self._output_shapes.get(batch.shape)
        if shape is None:
            binding.bind_output(name)  # ONNX Runtime's own memory, this once
        else:
            result = self._buffers.take(shape, self._signature.output_type)
            binding.bind_output(name, "cpu", 0, result.dtype, shape, _address(result))
        self._session.run_with_iobinding(binding, self._run_options)
        if self._on_card:
            binding.synchronize_outputs()
        if shape is None:
            result = binding.copy_outputs_to_cpu()[0]
            self._remember(batch.shape, result.shape)
        self._unbind()
        return result

    def _bind_input(self, batch: np.ndarray) -> None:
        """On the CPU the graph reads the batch where it lies; a card gets it into a buffer that stays there."""
        name = self._signature.input_name
        if not self._on_card:
            self._binding.bind_input(name, "cpu", 0, batch.dtype, batch.shape, _address(batch))
            return
        place = self._device_inputs.get(batch.shape)
        if place is None:
            if len(self._device_inputs) >= _MOST_INPUTS:
                self._device_inputs.popitem(last=False)
            place = ort.OrtValue.ortvalue_from_shape_and_type(batch.shape, batch.dtype, "cuda", 0)
            self._device_inputs[batch.shape] = place
        self._device_inputs.move_to_end(batch.shape)
        place.update_inplace(batch)
        self._binding.bind_ortvalue_input(name, place)

    def _remember(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> None:
        if len(self._output_shapes) >= _MOST_SHAPES:
            self._output_shapes.clear()
        self._output_shapes[input_shape] = tuple(output_shape)

    def _unbind(self) -> None:
        self._binding.clear_binding_inputs()
        self._binding.clear_binding_outputs()

    def _let_go(self) -> None:
        """After a failure: what holds memory here would be missing for a smaller batch."""
        self._unbind()
        self._device_inputs.clear()


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]
