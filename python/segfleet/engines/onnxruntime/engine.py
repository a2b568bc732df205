# SPDX-License-Identifier: Apache-2.0
"""The engine class: loads a session, and runs batches through one binding a lane."""

from __future__ import annotations

from typing import Any

import numpy as np

from segfleet._native import EngineOptions, ModelPackage
from segfleet.engines.card_memory import card_memory
from segfleet.engines.onnxruntime import providers
from segfleet.engines.onnxruntime.cards import card_names
from segfleet.engines.onnxruntime.failures import raise_error
from segfleet.engines.onnxruntime.lane import Lane
from segfleet.engines.onnxruntime.library import VERSION, ort
from segfleet.engines.onnxruntime.settings import Settings, read_settings
from segfleet.engines.onnxruntime.signature import Signature, read_signature
from segfleet.errors import EngineError, ModelUnsupported


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
        scores = bool(getattr(options, "scores", False))
        graph = _graph_of(model, scores)
        session = _open_session(graph, settings, model, options)
        signature = read_signature(session, model, options, scores)
        self._describe(settings, signature, options)
        self._shape = signature.input_shape
        self._lanes = [Lane(session, signature, settings) for _ in range(settings.lanes)]
        self._on_card = settings.on_card

    def infer(self, batch: np.ndarray, lane: int) -> np.ndarray:
        for given, taken in zip(batch.shape, self._shape, strict=True):
            if taken not in (-1, given):
                wanted = "x".join("?" if extent < 0 else str(extent) for extent in self._shape)
                raise EngineError(
                    f"the graph takes {wanted}, but the transforms gave {'x'.join(map(str, batch.shape))}; make the "
                    "Resize or Padding target_size in deploy.yaml fit"
                )
        return self._lanes[lane].run(batch)

    def memory(self) -> tuple[int, int, int] | None:
        """Of a card, as far as NVML knows this process; a limit is kept by the arena in any case."""
        told = card_memory() if self._on_card else None
        return None if told is None or told[0] is None else (told[0], told[1], told[2])

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
        if settings.tensorrt and options.cache_folder is None:
            self.notes.append(
                "TensorRT builds its engine at every start and picks kernels by timing, so that workers may differ in "
                "the last bits: give --cache a folder"
            )
        if settings.tensorrt_fp16:
            self.notes.append("tensorrt_fp16=1: labels may differ where no two classes tie")


def _graph_of(model: ModelPackage, scores: bool) -> Any:
    """A path, or the bytes of a graph that was cut."""
    if not scores:
        return str(model.graph_path)
    from segfleet.engines.onnx_graph import cut_argmax

    return cut_argmax(model.graph_path)


def _open_session(graph: Any, settings: Settings, model: ModelPackage, options: EngineOptions) -> Any:
    action = f"load {model.graph_path} on {options.device}"
    try:
        ort.set_default_logger_severity(3)  # 1.31 warns of its own CUDA provider at every start
        if settings.on_card and hasattr(ort, "preload_dlls"):
            ort.preload_dlls()  # CUDA and cuDNN from their wheels
        session_options = _session_options(settings, model)
        # TensorRT is told the input's name and shape before there is a session: a plain one tells them.
        name, shape = _input_of(graph, session_options) if settings.tensorrt else ("", [])
        session = ort.InferenceSession(
            graph,
            session_options,
            providers=providers.providers(settings, model, options, shape, name),
            enable_fallback=0,
        )
        session.disable_fallback()
    except Exception as error:
        raise_error(error, action, loading=True)
    providers.check_in_use(session, settings, options.device)
    return session


def _input_of(graph: Any, session_options: Any) -> tuple[str, list[int]]:
    first = ort.InferenceSession(graph, session_options, providers=[providers.CPU]).get_inputs()[0]
    return first.name, [extent if isinstance(extent, int) else -1 for extent in first.shape]


def _session_options(settings: Settings, model: ModelPackage) -> Any:
    session_options = ort.SessionOptions()
    session_options.log_severity_level = 3  # warnings are about the export's unused constants
    session_options.inter_op_num_threads = 1
    # The lanes share one session, thus one pool, and each lane's own thread computes as well.
    session_options.intra_op_num_threads = 1 if settings.on_card else max(1, settings.threads - settings.lanes + 1)
    spinning = "1" if settings.spinning else "0"
    session_options.add_session_config_entry("session.intra_op.allow_spinning", spinning)
    session_options.add_session_config_entry("session.inter_op.allow_spinning", spinning)
    session_options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", str(model.graph_path.parent)
    )
    session_options.enable_cpu_mem_arena = settings.arena
    # Plans a block for every shape that comes, and keeps it: memory would grow with the number of picture sizes.
    session_options.enable_mem_pattern = False
    return session_options


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return "CPU"
