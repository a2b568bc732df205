# SPDX-License-Identifier: Apache-2.0
"""Which of ONNX Runtime's execution providers serve a device, and what they are told."""

from __future__ import annotations

import ctypes
import os
from typing import Any

from segfleet._native import EngineOptions, ModelPackage
from segfleet.engines.onnxruntime.library import PIP_GPU, VERSION, ort
from segfleet.engines.onnxruntime.settings import Settings
from segfleet.errors import DeviceUnknown

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"
MIB = 1 << 20

Provider = tuple[str, dict[str, Any]]


def wanted_provider(settings: Settings) -> str:
    if not settings.on_card:
        return CPU
    return TENSORRT if settings.tensorrt else CUDA


def check_available(settings: Settings, device: str) -> None:
    """Raises DeviceUnknown where this build of ONNX Runtime lacks the provider."""
    wanted, available = wanted_provider(settings), ort.get_available_providers()
    if wanted not in available:
        raise DeviceUnknown(
            f"device {device}: this onnxruntime {VERSION} has no {wanted}, it has {', '.join(available)}; "
            f"pip uninstall onnxruntime, then {PIP_GPU}"
        )


def check_in_use(session: Any, settings: Settings, device: str) -> None:
    """ONNX Runtime goes on without a provider that fails to start. Raises DeviceUnknown instead."""
    wanted, in_use = wanted_provider(settings), session.get_providers()
    if in_use and in_use[0] == wanted:
        return
    raise DeviceUnknown(
        f"device {device}: {wanted} could not be started{_why(wanted)}; ONNX Runtime would go on with "
        f"{', '.join(in_use)}, segfleet does not; check the driver (nvidia-smi) and the libraries: {PIP_GPU}"
    )


def _why(provider: str) -> str:
    """What the dynamic linker misses: ONNX Runtime only logs it."""
    short = "tensorrt" if provider == TENSORRT else "cuda"
    path = os.path.join(os.path.dirname(ort.__file__ or ""), "capi", f"libonnxruntime_providers_{short}.so")
    try:
        ctypes.CDLL(path)
    except OSError as error:
        text = str(error).splitlines()[0]
        return "" if "undefined symbol" in text else f" ({text})"
    return ""


def providers(settings: Settings, model: ModelPackage, options: EngineOptions, shape: list[int], name: str) -> list:
    """For InferenceSession. `shape`, `name`: of the graph's input, -1 where it is open."""
    if not settings.on_card:
        return [CPU]
    cuda = (CUDA, _cuda_options(settings, options.memory_limit_bytes, profile_size(model, shape) is not None))
    if settings.tensorrt:
        return [(TENSORRT, _tensorrt_options(settings, model, options, shape, name)), cuda, CPU]
    return [cuda, CPU]


def _cuda_options(settings: Settings, memory_limit_bytes: int, one_size: bool) -> dict[str, Any]:
    # EXHAUSTIVE times cuDNN's algorithms, half a second for each new shape: too long where sizes vary. HEURISTIC
    # asks cuDNN's table, so that all workers take the same, which may be ten times slower and take gigabytes.
    search = one_size if settings.conv_search is None else settings.conv_search
    told: dict[str, Any] = {
        "device_id": 0,  # the only card that this process sees
        # The next power of two, the default, holds up to twice the memory that is needed.
        "arena_extend_strategy": "kSameAsRequested",
        "cudnn_conv_algo_search": "EXHAUSTIVE" if search else "HEURISTIC",
        "cudnn_conv_use_max_workspace": 1,
        "do_copy_in_default_stream": 1,
        # TF32 keeps 10 bits of each factor: more than rounding, so labels would differ where no classes tie.
        "use_tf32": int(settings.tf32),
    }
    if settings.cuda_graph:
        told["enable_cuda_graph"] = 1
    if settings.memory_limit_mb:
        told["gpu_mem_limit"] = settings.memory_limit_mb * MIB
    elif memory_limit_bytes:
        told["gpu_mem_limit"] = memory_limit_bytes
    return told


def _tensorrt_options(
    settings: Settings, model: ModelPackage, options: EngineOptions, shape: list[int], name: str
) -> dict[str, Any]:
    told: dict[str, Any] = {"device_id": 0, "trt_fp16_enable": settings.tensorrt_fp16}
    if settings.tensorrt_workspace_mb:
        told["trt_max_workspace_size"] = settings.tensorrt_workspace_mb * MIB
    if options.cache_folder is not None:
        # A folder for each graph, batch and precision: the engine files' names do not tell them all.
        precision = "fp16" if settings.tensorrt_fp16 else "fp32"
        folder = os.path.join(options.cache_folder, "tensorrt", f"{model.fingerprint}-b{options.batch}-{precision}")
        os.makedirs(folder, exist_ok=True)
        told |= {"trt_engine_cache_enable": True, "trt_engine_cache_path": folder}
        told |= {"trt_timing_cache_enable": True, "trt_timing_cache_path": folder}
    size = profile_size(model, shape)
    if size is not None and not set(name) & set(":,"):  # the profile's own syntax
        least, most = (f"{name}:{batch}x3x{size[0]}x{size[1]}" for batch in (1, options.batch))
        told |= {"trt_profile_min_shapes": least, "trt_profile_opt_shapes": most, "trt_profile_max_shapes": most}
    return told


def profile_size(model: ModelPackage, shape: list[int]) -> tuple[int, int] | None:
    """Height and width of every picture that the network gets; None where they differ or are not known."""
    for known in (shape, list(model.input_shape)):
        if len(known) == 4 and known[2] > 0 and known[3] > 0:
            return known[2], known[3]
    return None
