# SPDX-License-Identifier: Apache-2.0
"""The onnxruntime package, or words on how to get it. Raises EngineUnavailable when it is imported."""

from __future__ import annotations

from segfleet.errors import EngineUnavailable

PIP_CPU = "pip install onnxruntime"
PIP_GPU = 'pip install "onnxruntime-gpu[cuda,cudnn]"'

try:
    import onnxruntime as ort

    VERSION: str = ort.__version__
except ModuleNotFoundError as error:
    raise EngineUnavailable(
        f"engine onnxruntime: {error.name} is not installed in this Python; {PIP_CPU}, or for NVIDIA cards: {PIP_GPU}"
    ) from None
except (ImportError, AttributeError) as error:  # broken, or an empty folder of that name
    raise EngineUnavailable(
        f"engine onnxruntime: the installed onnxruntime cannot be loaded ({str(error).splitlines()[0]}); "
        f"install it again: {PIP_CPU}, or for NVIDIA cards: {PIP_GPU}"
    ) from None

# Older ones have no ArgMax of opset 12 and above on CUDA, and lose external weights of a graph given as bytes.
_OLDEST = (1, 21)

if tuple(int(part) for part in VERSION.split(".")[:2]) < _OLDEST:
    raise EngineUnavailable(
        f"engine onnxruntime: the installed onnxruntime is {VERSION}, {_OLDEST[0]}.{_OLDEST[1]} is the oldest that is "
        f"supported; {PIP_CPU.replace('install', 'install -U')}, or for NVIDIA cards: "
        f"{PIP_GPU.replace('install', 'install -U')}"
    )
