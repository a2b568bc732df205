# SPDX-License-Identifier: Apache-2.0
"""EngineOptions and --engine-option KEY=VALUE, checked."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

from segfleet._native import EngineOptions
from segfleet.errors import DeviceUnknown, InvalidArgument

_CPU_KEYS = ("spinning", "arena")
_GPU_KEYS = ("memory_limit_mb", "tf32", "conv_search", "cuda_graph", "tensorrt")
_TENSORRT_KEYS = ("tensorrt_fp16", "tensorrt_workspace_mb")


@dataclass(frozen=True)
class Settings:
    """Of one engine. Sizes in MiB, 0: the library's own limit."""

    on_card: bool
    threads: int  # of the whole engine; CPU
    lanes: int
    spinning: bool = False
    arena: bool = True
    memory_limit_mb: int = 0
    tf32: bool = False
    conv_search: bool | None = None  # None: where every picture has one size
    cuda_graph: bool = False
    tensorrt: bool = False
    tensorrt_fp16: bool = False
    tensorrt_workspace_mb: int = 0


def _value(key: str, text: str) -> int:
    is_number = key.endswith("_mb")
    if is_number and text.isascii() and text.isdigit() and 1 <= int(text) <= 1 << 24:
        return int(text)
    if not is_number and text in ("0", "1"):
        return int(text)
    wanted = "a number of MiB, at least 1" if is_number else "0 or 1"
    raise InvalidArgument(f"engine option {key}={text}: {wanted} is needed")


def _check_key(key: str, on_card: bool, device: str, extra: dict[str, str]) -> None:
    known = _CPU_KEYS + _GPU_KEYS + _TENSORRT_KEYS
    if key not in known:
        raise InvalidArgument(f"engine option {key}: engine onnxruntime knows {', '.join(known)}")
    if on_card == (key in _CPU_KEYS):
        here = _GPU_KEYS + _TENSORRT_KEYS if on_card else _CPU_KEYS
        raise InvalidArgument(f"engine option {key} means nothing on device {device}; there: {', '.join(here)}")
    if key in _TENSORRT_KEYS and extra.get("tensorrt") != "1":
        raise InvalidArgument(f"engine option {key} needs tensorrt=1 beside it")


def read_settings(options: EngineOptions) -> Settings:
    """Raises InvalidArgument and DeviceUnknown, naming what cannot be honoured."""
    kind, _, number = options.device.partition(":")
    on_card = kind == "gpu" and (number.isdigit() or not number)
    if not on_card and kind != "cpu":
        raise DeviceUnknown(f"engine onnxruntime has no device '{options.device}': it drives cpu and gpu:N (NVIDIA)")
    if options.precision != "fp32":
        raise InvalidArgument(
            f"--precision {options.precision}: ONNX Runtime computes in the graph's own precision; use --precision "
            "fp32, or engine openvino on a CPU with bf16, or on a card --engine-option tensorrt=1,tensorrt_fp16=1"
        )
    if options.lanes < 1 or options.batch < 1 or options.threads < 0:
        raise InvalidArgument(
            f"lanes ({options.lanes}) and batch ({options.batch}) must be at least 1, "
            f"threads ({options.threads}) at least 0"
        )
    extra = dict(options.extra)
    names = {field.name for field in fields(Settings)}
    values = {}
    for key, text in extra.items():
        _check_key(key, on_card, options.device, extra)
        assert key in names
        number_or_flag = _value(key, text)
        values[key] = number_or_flag if key.endswith("_mb") else bool(number_or_flag)
    if values.get("tensorrt") and values.get("cuda_graph"):
        raise InvalidArgument("engine option cuda_graph=1 is for CUDA alone: leave it out, or tensorrt=1")
    threads = options.threads or len(os.sched_getaffinity(0))
    # TensorRT runs one call at a time: more lanes would only hold buffers. ONNX Runtime captures a CUDA graph on the
    # condition that no other thread runs the session.
    lanes = 1 if values.get("tensorrt") or values.get("cuda_graph") else options.lanes
    return Settings(on_card=on_card, threads=threads, lanes=lanes, **values)
