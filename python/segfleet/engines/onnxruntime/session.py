# SPDX-License-Identifier: Apache-2.0
"""Makes ONNX Runtime's session of a model package."""

from __future__ import annotations

from typing import Any

from segfleet._native import EngineOptions, ModelPackage
from segfleet.engines.onnx_labels import byte_labels
from segfleet.engines.onnxruntime import providers
from segfleet.engines.onnxruntime.failures import raise_error
from segfleet.engines.onnxruntime.library import ort
from segfleet.engines.onnxruntime.settings import Settings


def graph_of(model: ModelPackage, settings: Settings, options: EngineOptions) -> Any:
    """A path, or the bytes of a graph that was cut before its ArgMax or gives its labels as bytes."""
    if options.scores and model.output_op == "argmax":  # others give their scores as they are
        from segfleet.engines.onnx_graph import cut_argmax

        cut = cut_argmax(model.graph_path)
        if cut is not None:
            return cut
    if settings.on_card and not settings.tensorrt:
        return byte_labels(model.graph_path, of_scores=options.labels_suffice) or str(model.graph_path)
    return str(model.graph_path)


def open_session(graph: Any, settings: Settings, model: ModelPackage, options: EngineOptions) -> Any:
    """Raises what raise_error() makes of ONNX Runtime's errors, and DeviceUnknown."""
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
