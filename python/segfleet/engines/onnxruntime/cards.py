# SPDX-License-Identifier: Apache-2.0
"""NVIDIA cards by NVML, which needs no CUDA context: asking CUDA itself would take memory on a card for good."""

from __future__ import annotations

import ctypes
import os


def card_names() -> list[str]:
    """Of the cards that CUDA_VISIBLE_DEVICES leaves, in its order; empty where there is no driver."""
    every = _all_names()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return every
    names = []
    for entry in (entry.strip() for entry in visible.split(",")):
        if entry.isdigit() and int(entry) < len(every):
            names.append(every[int(entry)])
        elif entry.startswith(("GPU-", "MIG-")) and every:
            names.append(f"NVIDIA {entry}")
        else:
            break  # CUDA ignores what follows the first entry that it does not know
    return names


def _all_names() -> list[str]:
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
        if nvml.nvmlInit_v2() != 0:
            return []
    except (OSError, AttributeError):
        return []
    try:
        count = ctypes.c_uint()
        if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
            return []
        return [_name(nvml, index) for index in range(count.value)]
    finally:
        nvml.nvmlShutdown()


def _name(nvml: ctypes.CDLL, index: int) -> str:
    handle, name = ctypes.c_void_p(), ctypes.create_string_buffer(96)
    if nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle)) != 0:
        return "NVIDIA card"
    if nvml.nvmlDeviceGetName(handle, name, ctypes.c_uint(len(name))) != 0:
        return "NVIDIA card"
    return name.value.decode(errors="replace")
