# SPDX-License-Identifier: Apache-2.0
"""What an NVIDIA card's memory is used for, by NVML, which needs no CUDA context."""

from __future__ import annotations

import ctypes
import os

_MOST_PROCESSES = 256


class _Memory(ctypes.Structure):  # nvmlMemory_t
    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]


class _Process(ctypes.Structure):  # nvmlProcessInfo_t of the _v3 calls
    _fields_ = [
        ("pid", ctypes.c_uint),
        ("used", ctypes.c_ulonglong),
        ("gpu_instance", ctypes.c_uint),
        ("compute_instance", ctypes.c_uint),
    ]


def card_memory() -> tuple[int | None, int, int] | None:
    """Bytes of the first card that this process sees: used by this process, free, total.

    None: there is no NVML, or no such card. Used is None where NVML does not know this process: in a container with
    process numbers of its own.
    """
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
        if nvml.nvmlInit_v2() != 0:
            return None
    except (OSError, AttributeError):
        return None
    try:
        handle, memory = _first_card(nvml), _Memory()
        if handle is None or nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) != 0:
            return None
        return _used_by_this_process(nvml, handle), memory.free, memory.total
    except AttributeError:  # an older library
        return None
    finally:
        nvml.nvmlShutdown()


def too_small() -> str:
    """What there is of the card's memory, to stand behind an error of a model that does not fit; "" without NVML.

    What the failed load took may still be held: then the free bytes are those beside it.
    """
    told = card_memory()
    if told is None:
        return ""
    _, free, total = told
    return f"; {free / 2**20:.0f} MiB of the card's {total / 2**20:.0f} MiB are free"


def _first_card(nvml: ctypes.CDLL) -> ctypes.c_void_p | None:
    handle, first = ctypes.c_void_p(), os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    if first.isdigit():
        status = nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(int(first)), ctypes.byref(handle))
    else:
        status = nvml.nvmlDeviceGetHandleByUUID(first.encode(), ctypes.byref(handle))
    return handle if status == 0 else None


def _used_by_this_process(nvml: ctypes.CDLL, handle: ctypes.c_void_p) -> int | None:
    processes, count = (_Process * _MOST_PROCESSES)(), ctypes.c_uint(_MOST_PROCESSES)
    if nvml.nvmlDeviceGetComputeRunningProcesses_v3(handle, ctypes.byref(count), processes) != 0:
        return None
    not_available = ctypes.c_ulonglong(-1).value
    for process in processes[: count.value]:
        if process.pid == os.getpid() and process.used != not_available:
            return process.used
    return None
