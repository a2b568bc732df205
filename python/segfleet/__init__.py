# SPDX-License-Identifier: Apache-2.0
"""Segmentation inference on every device of a machine.

segfleet.run() turns folders of pictures into masks, segfleet.tune() finds the fastest way, and segfleet.report() shows
how a run went; segfleet.Fleet takes pictures from memory and gives labels back.
"""

from segfleet._native import EngineOptions, ModelPackage, Segmentation, __version__, load_model_package
from segfleet.errors import Error
from segfleet.fleet import Fleet
from segfleet.job import report, run, tune

__all__ = [
    "EngineOptions",
    "Error",
    "Fleet",
    "ModelPackage",
    "Segmentation",
    "__version__",
    "load_model_package",
    "report",
    "run",
    "tune",
]
