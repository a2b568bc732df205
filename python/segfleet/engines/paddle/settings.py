# SPDX-License-Identifier: Apache-2.0
"""What the user asked of Paddle: EngineOptions and its --engine-option values, checked and typed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from segfleet._native import EngineOptions
from segfleet.errors import InvalidArgument

CUDA_KINDS = ("gpu", "dcu")  # dcu: Hygon cards, which a ROCm build of Paddle drives as its gpu

# Option: (default, smallest value; None for a word, the kinds of device that have it; None: all but the CPU).
_CPU, _CARDS = ("cpu",), None
_OPTIONS = {
    "onednn": (1, 0, _CPU),
    "shape_cache": (16, 1, _CPU),
    "precision": ("", None, _CARDS),
    "memory_pool_mb": (256, 1, CUDA_KINDS),
    "tensorrt": (0, 0, ("gpu",)),
    "min_subgraph_size": (3, 1, ("gpu",)),
    "workspace_mb": (1024, 1, ("gpu",)),
}
_SWITCHES = ("onednn", "tensorrt")
_PRECISIONS = ("fp32", "fp16", "bf16")


@dataclass(frozen=True)
class Settings:
    """Checked options. Sizes are in MiB as their names say, counts are positive."""

    device: str  # as the user wrote it, for messages
    kind: str  # "cpu", "gpu", "xpu", "npu", ...
    threads: int
    batch: int
    precision: str  # "fp32", "fp16" or "bf16"
    cache_folder: Path | None
    onednn: bool
    shape_cache: int  # input shapes whose oneDNN primitives are kept
    memory_pool_mb: int
    tensorrt: bool
    min_subgraph_size: int
    workspace_mb: int


def settings_of(options: EngineOptions) -> Settings:
    """Raises InvalidArgument naming the option, its value and what is allowed."""
    kind = options.device.partition(":")[0]
    values = {key: default for key, (default, _, _) in _OPTIONS.items()}
    for key, text in options.extra.items():
        values[key] = _value_of(key, text, kind)
    for key in _SWITCHES:
        values[key] = bool(values[key])
    if not values["tensorrt"]:
        for key in ("min_subgraph_size", "workspace_mb"):
            if key in options.extra:
                raise InvalidArgument(f"engine option {key}={options.extra[key]} needs tensorrt=1; add it, or leave it")
    values["precision"] = _precision_of(options, kind, values["onednn"])
    return Settings(
        device=options.device,
        kind=kind,
        threads=options.threads or len(os.sched_getaffinity(0)),
        batch=options.batch,
        cache_folder=options.cache_folder,
        **values,
    )


def _value_of(key: str, text: str, kind: str) -> int | str:
    if key not in _OPTIONS:
        raise InvalidArgument(f"engine paddle has no option '{key}'; it knows {', '.join(_OPTIONS)}")
    _, smallest, kinds = _OPTIONS[key]
    if kind == "cpu" if kinds is _CARDS else kind not in kinds:
        where = "devices other than the CPU" if kinds is _CARDS else " and ".join(kinds)
        raise InvalidArgument(f"engine option {key}={text} is for {where}, not for {kind}; leave it out")
    if smallest is None:
        return text
    largest = 1 if key in _SWITCHES else 2**31 - 1
    if not (text.isascii() and text.isdigit() and smallest <= int(text) <= largest):
        raise InvalidArgument(f"engine option {key}={text}: it takes a whole number from {smallest} to {largest}")
    return int(text)


def _precision_of(options: EngineOptions, kind: str, onednn: bool) -> str:
    asked = options.extra.get("precision")
    precision = asked if asked is not None else options.precision
    if precision not in _PRECISIONS:
        raise InvalidArgument(f"engine option precision={precision}: it takes {', '.join(_PRECISIONS)}")
    if asked is not None and options.precision not in ("fp32", asked):
        raise InvalidArgument(f"--precision {options.precision} and engine option precision={asked}: name one of them")
    if kind == "xpu" and precision != "fp32":
        raise InvalidArgument(f"precision {precision} on {options.device}: Paddle runs an XPU in fp32 only")
    if kind == "cpu" and precision == "bf16" and not onednn:
        raise InvalidArgument("precision bf16 needs oneDNN on the CPU; leave out engine option onednn=0")
    return precision
