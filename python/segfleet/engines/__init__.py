# SPDX-License-Identifier: Apache-2.0
"""The engines that are Python classes, by name. Nothing is imported before it is asked for."""

from __future__ import annotations

import importlib
import importlib.util
import sys

from segfleet.errors import EngineUnavailable, InvalidArgument

BUILT_IN = {
    "paddle": "segfleet.engines.paddle:PaddleEngine",
    "onnxruntime": "segfleet.engines.onnxruntime:OnnxRuntimeEngine",
}


# What each needs, and the line that brings it.
PACKAGE_OF = {
    "paddle": ("paddle", "pip install paddlepaddle==3.2.2"),
    "onnxruntime": ("onnxruntime", "pip install onnxruntime"),
}


def _split(name: str) -> tuple[str, str]:
    module_name, colon, class_name = BUILT_IN.get(name, name).partition(":")
    if not colon or not module_name or not class_name:
        raise InvalidArgument(
            f"engine '{name}' is neither one of {', '.join(BUILT_IN)} nor a class as in --engine package.module:Class"
        )
    return module_name, class_name


def check_engine(name: str) -> None:
    """Finds an engine's module and the package that it needs, without importing what takes seconds.

    Raises EngineUnavailable, InvalidArgument.
    """
    module_name, _ = _split(name)
    package, mend = PACKAGE_OF.get(
        name, (module_name, "check its spelling, or set PYTHONPATH to the folder that holds it")
    )
    try:
        found = importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # a folder of "package.module" is missing
        found = False
    if not found:
        raise EngineUnavailable(f"engine '{name}' needs {package}, which {sys.executable} does not have: {mend}")


def engine_class_of(name: str) -> type:
    """The class behind an engine's name, or behind "package.module:Class".

    Raises EngineUnavailable, InvalidArgument.
    """
    module_name, class_name = _split(name)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name + ".").startswith(error.name + "."):
            raise EngineUnavailable(
                f"engine '{name}': there is no module {error.name} in the current folder or in this Python; "
                "check its spelling, or set PYTHONPATH to the folder that holds it"
            ) from None
        raise EngineUnavailable(
            f"engine '{name}': module {module_name} needs {error.name}, which is not installed"
        ) from None
    engine_class = getattr(module, class_name, None)
    if not isinstance(engine_class, type):
        raise EngineUnavailable(f"engine '{name}': module {module_name} has no class {class_name}")
    for method in ("load", "infer"):
        if not callable(getattr(engine_class, method, None)):
            raise EngineUnavailable(
                f"engine '{name}': class {class_name} has no {method}() (see segfleet.engine.Engine)"
            )
    return engine_class
