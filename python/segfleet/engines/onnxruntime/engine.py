# SPDX-License-Identifier: Apache-2.0
"""The engine class: loads a session, and runs batches through its lanes."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from segfleet._native import EngineOptions, ModelPackage
from segfleet.engines.card_memory import card_memory
from segfleet.engines.cuda_driver import CudaDriver, CudaError
from segfleet.engines.onnxruntime import providers
from segfleet.engines.onnxruntime.call_sizes import CallSizes
from segfleet.engines.onnxruntime.card_lane import CardLane
from segfleet.engines.onnxruntime.cards import card_names
from segfleet.engines.onnxruntime.failures import raise_error
from segfleet.engines.onnxruntime.host_lane import HostLane
from segfleet.engines.onnxruntime.lane import Lane
from segfleet.engines.onnxruntime.library import VERSION, ort
from segfleet.engines.onnxruntime.session import graph_of, open_session
from segfleet.engines.onnxruntime.settings import Settings, read_settings
from segfleet.engines.onnxruntime.signature import Signature, read_signature
from segfleet.engines.pinned_memory import PinnedMemory
from segfleet.errors import EngineError, InvalidArgument, ModelUnsupported


class OnnxRuntimeEngine:
    """See segfleet.engine.Engine. Thread-safety: infer() on several threads at once, each with its own lane."""

    name = "onnxruntime"
    version = VERSION

    @staticmethod
    def devices() -> list[tuple[str, str]]:
        """Cards that this build of ONNX Runtime can drive."""
        if providers.CUDA not in ort.get_available_providers():
            return []
        return [(f"gpu:{number}", name) for number, name in enumerate(card_names())]

    def load(self, model: ModelPackage, options: EngineOptions) -> None:
        if model.format != "onnx":
            raise ModelUnsupported(
                f"{model.graph_path}: engine onnxruntime reads ONNX graphs, this one is {model.format}; "
                f"`segfleet convert {model.folder}` makes an ONNX package of it"
            )
        settings = read_settings(options)
        providers.check_available(settings, options.device)
        session = open_session(graph_of(model, settings, options), settings, model, options)
        signature = read_signature(session, model, options, options.scores)
        self._describe(settings, signature, options)
        self._shape = signature.input_shape
        self._pinned: PinnedMemory | None = None
        self._lanes: list[Lane]
        if settings.on_card:
            self._lanes = self._card_lanes(session, signature, settings, model, options)
        else:
            self._lanes = [HostLane(session, signature) for _ in range(settings.lanes)]

    def infer(self, batch: np.ndarray, lane: int) -> np.ndarray:
        for given, taken in zip(batch.shape, self._shape, strict=True):
            if taken not in (-1, given):
                wanted = "x".join("?" if extent < 0 else str(extent) for extent in self._shape)
                raise EngineError(
                    f"the graph takes {wanted}, but the transforms gave {'x'.join(map(str, batch.shape))}; make the "
                    "Resize or Padding target_size in deploy.yaml fit"
                )
        return self._lanes[lane].run(batch)

    def input_memory(self, size_bytes: int) -> np.ndarray | None:
        """Page-locked where inputs go to a card."""
        if self._pinned is None:
            return None
        try:
            return self._pinned.take(size_bytes)
        except CudaError as error:
            raise_error(error, f"lock {size_bytes >> 20} MiB of the host's memory")

    def memory(self) -> tuple[int, int, int] | None:
        """Of a card, as far as NVML knows this process; a limit is kept by the arena in any case."""
        told = card_memory() if self._pinned is not None else None
        return None if told is None or told[0] is None else (told[0], told[1], told[2])

    def _card_lanes(
        self, session: Any, signature: Signature, settings: Settings, model: ModelPackage, options: EngineOptions
    ) -> list[Lane]:
        try:
            driver = CudaDriver()
            self._pinned = PinnedMemory(driver, self._say)
            size = providers.profile_size(model, signature.input_shape)
            sizes = CallSizes(fills=size is not None and not settings.cuda_graph and not settings.tensorrt)
            made = [
                CardLane(session, signature, driver, self._pinned, sizes, settings.cuda_graph)
                for _ in range(settings.lanes + (1 if settings.cuda_graph else 0))
            ]
        except CudaError as error:
            raise_error(error, f"reach {options.device}", loading=True)
        if settings.cuda_graph:
            _check_capture(made.pop(), size, options.device)
        return list(made)

    def _say(self, text: str) -> None:
        """Once: notes are read after load(), what comes later goes to standard error."""
        print(f"segfleet: onnxruntime: {text}", file=sys.stderr, flush=True)

    def _describe(self, settings: Settings, signature: Signature, options: EngineOptions) -> None:
        self.lanes = settings.lanes
        self.input = (signature.input_name, "f32", signature.input_shape)
        self.output = (signature.output_name, signature.output_word, signature.output_shape)
        self.class_count = max(signature.output_shape[1], 0) if signature.is_scores else 0
        self.notes = list(signature.notes)
        names = card_names()[:1] if settings.on_card else [_cpu_name()]
        self.device_name = f"{names[0] if names else options.device} ({providers.wanted_provider(settings)})"
        if settings.tf32:
            self.notes.append("tf32=1: faster, but labels may differ where no two classes tie")
        if settings.on_card and not settings.tensorrt and signature.input_type != np.float32:
            self.notes.append(
                "ONNX Runtime 1.31 gave wrong labels for a float16 graph on the card that it was tried on: compare "
                "them with the float32 graph's first"
            )
        if settings.tensorrt and options.lanes > 1:
            self.notes.append("TensorRT runs one call at a time: 1 lane")
        if settings.cuda_graph and options.lanes > 1:
            self.notes.append("cuda_graph=1: ONNX Runtime runs one call at a time: 1 lane")
        if settings.tensorrt and options.cache_folder is None:
            self.notes.append(
                "TensorRT builds its engine at every start and picks kernels by timing, so that workers may differ in "
                "the last bits: give --cache a folder"
            )
        if settings.tensorrt_fp16:
            self.notes.append("tensorrt_fp16=1: labels may differ where no two classes tie")


def _check_capture(lane: Lane, size: tuple[int, int] | None, device: str) -> None:
    """Captures a graph for one picture of zeros and lets it go. Raises InvalidArgument where that cannot be done."""
    if size is None:
        raise InvalidArgument(
            "engine option cuda_graph=1 needs pictures of one network size, since each size is captured: set "
            "input_shape in deploy.yaml, export the graph with a fixed one, or leave the option out"
        )
    try:
        for _ in range(2):  # the first run finds the result's place, the second is captured
            lane.run(np.zeros((1, 3, *size), np.float32))
    except EngineError as error:
        raise InvalidArgument(f"engine option cuda_graph=1 cannot be had on {device}: {error}; leave it out") from None


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return "CPU"
