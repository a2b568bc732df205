# SPDX-License-Identifier: Apache-2.0
"""The engines that are Python classes, by name. Nothing is imported before it is asked for."""

from __future__ import annotations

import importlib

from segfleet.errors import EngineUnavailable, InvalidArgument

BUILT_IN = {
    "paddle": "segfleet.engines.paddle:PaddleEngine",
    "onnxruntime": "segfleet.engines.onnxruntime:OnnxRuntimeEngine",
}


def engine_class_of(name: str) -> type:
    """The class behind an engine's name, or behind "package.module:Class".

    Raises EngineUnavailable, InvalidArgument.
    """
    module_name, colon, class_name = BUILT_IN.get(name, name).partition(":")
    if not colon or not module_name or not class_name:
        raise InvalidArgument(
            f"engine '{name}' is neither one of {', '.join(BUILT_IN)} nor a class as in --engine package.module:Class"
        )
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
