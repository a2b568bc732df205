# SPDX-License-Identifier: Apache-2.0
"""A lane on a card: upload, compute and download through buffers that stay where they are on the card.

Each lane copies in a stream of its own, and ONNX Runtime computes each call in one of its own, so that one lane's
copies go on beside another's computing. A lane is called by one thread from its second run on: ONNX Runtime keeps the
graphs that it captures for the thread that captured them.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from segfleet.engines.cuda_driver import CudaDriver
from segfleet.engines.onnxruntime.buffers import OutputBuffers
from segfleet.engines.onnxruntime.call_sizes import CallSizes
from segfleet.engines.onnxruntime.lane import Lane, address_of, quiet_run_options
from segfleet.engines.onnxruntime.library import ort
from segfleet.engines.onnxruntime.signature import Signature
from segfleet.engines.pinned_memory import PinnedMemory

_MOST_PLACES = 4  # shapes whose buffers are kept on the card
_MOST_GRAPHS = 8  # shapes that get a CUDA graph, whose buffers must stay while it is replayed
_MOST_RESULTS = 64  # blocks of page-locked memory that are kept; as many as were in use at once
_NO_GRAPH = "-1"  # gpu_graph_id of a run that is neither captured nor replayed
_graph_ids = itertools.count(1)  # of all lanes, each once: a replay reads and writes the buffers of the capture


@dataclass
class _Place:
    """Of one shape: where the batch goes in and the result comes out on the card, bound once."""

    binding: Any
    input: Any  # OrtValue
    run_options: Any
    output: Any = None  # OrtValue; None: the first run will tell its shape
    graph_id: str = _NO_GRAPH
    captured: bool = False


class CardLane(Lane):
    def __init__(
        self,
        session: Any,
        signature: Signature,
        driver: CudaDriver,
        pinned: PinnedMemory,
        sizes: CallSizes,
        cuda_graph: bool,
    ) -> None:
        super().__init__(session, signature)
        self._driver, self._pinned, self._sizes, self._cuda_graph = driver, pinned, sizes, cuda_graph
        self._stream = driver.new_stream()
        self._buffers = OutputBuffers(self._result_memory, _MOST_RESULTS)
        self._places: OrderedDict[tuple[int, ...], _Place] = OrderedDict()

    def _run(self, batch: np.ndarray) -> np.ndarray:
        place = self._place_for((self._sizes.filled(len(batch)), *batch.shape[1:]), batch.dtype)
        self._driver.copy_to_card(place.input.data_ptr(), address_of(batch), batch.nbytes, self._stream)
        self._driver.wait(self._stream)
        self._compute(place)
        result = self._buffers.take((len(batch), *place.output.shape()[1:]), self._signature.output_type)
        self._driver.copy_from_card(address_of(result), place.output.data_ptr(), result.nbytes, self._stream)
        self._driver.wait(self._stream)
        return result

    def _compute(self, place: _Place) -> None:
        """Returns when the result lies on the card: ONNX Runtime waits for its own stream, and for no other's."""
        if place.graph_id == _NO_GRAPH or place.captured:
            self._session.run_with_iobinding(place.binding, place.run_options)
        else:
            with self._pinned.no_change():
                self._session.run_with_iobinding(place.binding, place.run_options)
            place.captured = True
        if place.output is None:
            place.output = place.binding.get_outputs()[0]
            place.binding.bind_ortvalue_output(self._signature.output_name, place.output)
            self._plan_graph(place)

    def _plan_graph(self, place: _Place) -> None:
        """From the second run on: of the first one's result nobody knew the place before."""
        graphs = sum(other.graph_id != _NO_GRAPH for other in self._places.values())
        if self._cuda_graph and graphs < _MOST_GRAPHS:
            place.graph_id = str(next(_graph_ids))
            place.run_options = self._options_of_run(place.graph_id)

    def _place_for(self, shape: tuple[int, ...], dtype: np.dtype) -> _Place:
        place = self._places.get(shape)
        if place is None:
            self._make_room()
            place = self._new_place(shape, dtype)
            self._places[shape] = place
        self._places.move_to_end(shape)
        return place

    def _new_place(self, shape: tuple[int, ...], dtype: np.dtype) -> _Place:
        value = ort.OrtValue.ortvalue_from_shape_and_type(shape, dtype, "cuda", 0)
        place = _Place(self._session.io_binding(), value, self._options_of_run(_NO_GRAPH))
        place.binding.bind_ortvalue_input(self._signature.input_name, value)
        place.binding.bind_output(self._signature.output_name, "cuda", 0)
        return place

    def _options_of_run(self, graph_id: str) -> Any:
        options = quiet_run_options()
        if self._cuda_graph:
            options.add_run_config_entry("gpu_graph_id", graph_id)
        return options

    def _make_room(self) -> None:
        """The place that was not used for the longest time goes; one with a graph never does."""
        loose = [shape for shape, place in self._places.items() if place.graph_id == _NO_GRAPH]
        if len(loose) >= _MOST_PLACES:
            del self._places[loose[0]]

    def _let_go(self) -> None:
        self._sizes.forget()
        self._places.clear()  # a captured graph's too: its number is never used again

    def _result_memory(self, size_bytes: int) -> np.ndarray:
        block = self._pinned.take(size_bytes)
        return np.empty(size_bytes, np.uint8) if block is None else block
