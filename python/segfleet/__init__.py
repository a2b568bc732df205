# SPDX-License-Identifier: Apache-2.0
"""Segmentation inference on every device of a machine."""

from segfleet._native import EngineOptions, ModelPackage, __version__, load_model_package
from segfleet.errors import Error

__all__ = ["EngineOptions", "Error", "ModelPackage", "__version__", "load_model_package"]
