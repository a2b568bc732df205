# SPDX-License-Identifier: Apache-2.0
"""A lane on the CPU: the graph reads the batch where it lies and writes where the result is taken from."""

from __future__ import annotations

from typing import Any

import numpy as np

from segfleet.engines.onnxruntime.buffers import OutputBuffers
from segfleet.engines.onnxruntime.lane import Lane, address_of, quiet_run_options
from segfleet.engines.onnxruntime.signature import Signature

_MOST_SHAPES = 4096  # of which the output's shape is remembered


class HostLane(Lane):
    def __init__(self, session: Any, signature: Signature) -> None:
        super().__init__(session, signature)
        self._binding = session.io_binding()
        self._run_options = quiet_run_options()
        self._buffers = OutputBuffers()
        self._output_shapes: dict[tuple[int, ...], tuple[int, ...]] = {}

    def _run(self, batch: np.ndarray) -> np.ndarray:
        binding, name = self._binding, self._signature.output_name
        binding.bind_input(self._signature.input_name, "cpu", 0, batch.dtype, batch.shape, address_of(batch))
        shape = self._output_shapes.get(batch.shape)
        if shape is None:
            binding.bind_output(name)  # ONNX Runtime's own memory, this once
        else:
            result = self._buffers.take(shape, self._signature.output_type)
            binding.bind_output(name, "cpu", 0, result.dtype, shape, address_of(result))
        self._session.run_with_iobinding(binding, self._run_options)
        if shape is None:
            result = binding.copy_outputs_to_cpu()[0]
            self._remember(batch.shape, result.shape)
        self._let_go()
        return result

    def _remember(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> None:
        if len(self._output_shapes) >= _MOST_SHAPES:
            self._output_shapes.clear()
        self._output_shapes[input_shape] = tuple(output_shape)

    def _let_go(self) -> None:
        self._binding.clear_binding_inputs()
        self._binding.clear_binding_outputs()
