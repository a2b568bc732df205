# SPDX-License-Identifier: Apache-2.0
"""The installed Paddle: its import, its version, and the devices that it can drive."""

from __future__ import annotations

import importlib
from types import ModuleType

from segfleet.engines.paddle.settings import CUDA_KINDS, Settings
from segfleet.errors import DeviceUnknown, EngineUnavailable, InvalidArgument

FAST_VERSION = "3.2.2"  # the newest whose oneDNN runs every PIR model
_INSTALL = f"pip install paddlepaddle=={FAST_VERSION}"


def import_paddle(kind: str) -> ModuleType:
    """The module `paddle` with `paddle.inference`. Raises EngineUnavailable with the line that installs it."""
    try:
        importlib.import_module("paddle.inference")
        return importlib.import_module("paddle")
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "paddle":
            raise EngineUnavailable(f"engine paddle: Paddle is not installed; {_mend(kind)}") from None
        raise EngineUnavailable(f"engine paddle: Paddle cannot be imported: {error}; {_mend(kind)}") from None


class VersionOfPaddle:
    """A class attribute that is Paddle's version; reading it imports Paddle where nothing has yet."""

    def __get__(self, instance: object, owner: type) -> str:
        return str(import_paddle("cpu").__version__)


def major_version(paddle: ModuleType) -> int:
    """3 of "3.2.2". A nightly build, "0.0.0", counts as new."""
    first = str(paddle.__version__).partition(".")[0]
    return int(first) if first.isdigit() and int(first) > 0 else 3


def check_device(paddle: ModuleType, settings: Settings) -> None:
    """Raises DeviceUnknown where this Paddle has no such device, InvalidArgument where it lacks the precision."""
    kind = settings.kind
    if kind == "cpu":
        if settings.precision == "bf16" and not paddle.base.core.supports_bfloat16():
            raise InvalidArgument("precision bf16: this CPU has no AVX-512 for it (avx512bw); use --precision fp32")
        return
    kinds = _kinds(paddle)
    if kind not in kinds:
        raise DeviceUnknown(
            f"{settings.device}: this Paddle ({paddle.__version__}) is built for {', '.join(kinds)} only; {_mend(kind)}"
        )
    if not any(name.startswith(kind + ":") for name, _ in list_devices(paddle)):
        raise DeviceUnknown(
            f"{settings.device}: Paddle sees no {kind} here; check the driver, and the variable that hides cards "
            "(CUDA_VISIBLE_DEVICES and its like)"
        )


def list_devices(paddle: ModuleType) -> list[tuple[str, str]]:
    """("gpu:0", "NVIDIA A100") and the like, without the CPU. Asks for counts and names only: makes no context."""
    devices = []
    kinds = _kinds(paddle)
    for kind in CUDA_KINDS:
        if kind in kinds:
            cuda = paddle.device.cuda
            devices += [(f"{kind}:{i}", str(cuda.get_device_name(i))) for i in range(cuda.device_count())]
    if "xpu" in kinds:
        devices += [(f"xpu:{i}", "Kunlun XPU") for i in range(paddle.base.core.get_xpu_device_count())]
    for name in paddle.device.get_available_custom_device() or []:  # "npu:0", or "npu" where there is one
        kind, _, number = name.partition(":")
        devices.append((f"{kind}:{number or 0}", f"custom device {kind}"))
    return devices


def _kinds(paddle: ModuleType) -> list[str]:
    kinds = ["cpu"]
    if paddle.is_compiled_with_rocm():
        kinds.append("dcu")
    elif paddle.is_compiled_with_cuda():
        kinds.append("gpu")
    if paddle.is_compiled_with_xpu():
        kinds.append("xpu")
    return kinds + list(paddle.device.get_all_custom_device_type() or [])


def _mend(kind: str) -> str:
    if kind == "cpu":
        return _INSTALL
    package = {
        "gpu": f"the paddlepaddle-gpu {FAST_VERSION} that fits the driver's CUDA",
        "xpu": "Paddle's package for XPU",
        "dcu": "Paddle's package for DCU",
    }.get(kind, f"Paddle's plug-in for {kind}")
    return f"install {package}, or use --devices cpu ({_INSTALL})"
