# SPDX-License-Identifier: Apache-2.0
"""paddle.inference.Config for a graph, a device and the settings."""

from __future__ import annotations

import enum
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from segfleet.engines.paddle.settings import CUDA_KINDS, Settings
from segfleet.errors import ModelInvalid


class OneDnn(enum.Enum):
    """How much of a graph oneDNN runs on the CPU, most first."""

    FULL = "all that it can"
    CONVOLUTIONS = "convolutions only"
    OFF = "nothing"


# Without this pass only fused convolutions are oneDNN's: not the interpolations, which Paddle 3.3 cannot hand over.
_PLACEMENT_PASS = "onednn_placement_pass"


def is_pir(graph: Path) -> bool:
    """True for the format of Paddle 3, model.json; False for the older .pdmodel."""
    return graph.suffix == ".json"


def check_graph_file(graph: Path) -> None:
    """Raises ModelInvalid for a file that is no program, or is cut short: Paddle would end the process."""
    with graph.open("rb") as file:
        start = file.read(256)
        file.seek(-min(16, file.seek(0, os.SEEK_END)), os.SEEK_END)
        end = file.read().rstrip()
    pir = b'"pir"' in start and end.endswith(b"}")
    program = start.startswith(b"\x0a")  # the tag of ProgramDesc.blocks, the first field
    if not (pir if is_pir(graph) else program):
        raise ModelInvalid(f"{graph} is no Paddle program; export the model again")


def make_config(paddle: ModuleType, graph: Path, weights: Path | None, settings: Settings, onednn: OneDnn) -> Any:
    """A Config without TensorRT. `onednn` counts on the CPU only."""
    config = paddle.inference.Config(str(graph), str(weights) if weights else "")
    config.disable_glog_info()
    if is_pir(graph):
        config.enable_new_executor()
        config.enable_new_ir(True)
    else:
        config.enable_memory_optim()  # on PIR it fails: "Not find predictor_id 0 and pass_name memory_optimize_pass"
    if settings.kind == "cpu":
        _use_cpu(config, settings, onednn)
    elif settings.kind in CUDA_KINDS:
        config.enable_use_gpu(settings.memory_pool_mb, 0, precision_of(paddle, settings))
    elif settings.kind == "xpu":
        config.enable_xpu()
        config.set_xpu_device_id(0)
    else:
        config.enable_custom_device(settings.kind, _custom_number(settings), precision_of(paddle, settings))
    return config


def _custom_number(settings: Settings) -> int:
    """0 where the worker's environment shows it one card alone (src/fleet/device/visible_device.cc); else its own."""
    return 0 if settings.kind in ("npu", "mlu", "gcu") else int(settings.device.partition(":")[2] or 0)


def precision_of(paddle: ModuleType, settings: Settings) -> Any:
    """Paddle's name of settings.precision."""
    types = paddle.inference.PrecisionType
    return {"fp32": types.Float32, "fp16": types.Half, "bf16": types.Bfloat16}[settings.precision]


def _use_cpu(config: Any, settings: Settings, onednn: OneDnn) -> None:
    config.disable_gpu()
    config.set_cpu_math_library_num_threads(settings.threads)
    if onednn is OneDnn.OFF:
        if hasattr(config, "disable_mkldnn"):  # Paddle 2 has it off until it is asked for, Paddle 3 on
            config.disable_mkldnn()
        return
    config.enable_mkldnn()
    config.set_mkldnn_cache_capacity(settings.shape_cache)
    if settings.precision == "bf16":
        config.enable_mkldnn_bfloat16()
    if onednn is OneDnn.CONVOLUTIONS:
        config.delete_pass(_PLACEMENT_PASS)
