# SPDX-License-Identifier: Apache-2.0
"""Which packages a conversion needs and which versions are here. Imports none of them."""

from __future__ import annotations

import importlib.metadata
import importlib.util

from segfleet.errors import EngineUnavailable

_CONVERTERS = {"paddle": "paddlepaddle", "paddle2onnx": "paddle2onnx", "onnx": "onnx"}  # module: pip's name
_CHECKERS = ("openvino", "onnxruntime")  # first choice first
_FLAVOURS = ("paddlepaddle", "paddlepaddle-gpu", "paddlepaddle-xpu", "paddlepaddle-npu", "paddlepaddle-dcu")


def missing() -> list[str]:
    """pip's names of what a conversion needs and this Python has not."""
    names = [pip_name for module, pip_name in _CONVERTERS.items() if importlib.util.find_spec(module) is None]
    if checker() is None:
        names.append("onnxruntime")
    return names


def checker() -> str | None:
    """The engine that runs the converted graph for the check, or None."""
    return next((name for name in _CHECKERS if importlib.util.find_spec(name) is not None), None)


def require() -> None:
    """Raises EngineUnavailable with one pip line where something is missing."""
    names = missing()
    if names:
        raise EngineUnavailable(
            f"converting a Paddle graph to ONNX needs {', '.join(names)}, not installed in this Python: "
            f"pip install {' '.join(names)}"
        )


def version_of(module: str) -> str:
    """The installed version, "unknown" where its metadata does not tell."""
    for name in _FLAVOURS if module == "paddle" else (module,):
        try:
            return f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            continue
    return f"{module} unknown"
