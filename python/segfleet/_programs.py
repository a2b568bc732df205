# SPDX-License-Identifier: Apache-2.0
"""The programs that come with the package, and what they must be told about this interpreter."""

from __future__ import annotations

import os
import pathlib
import sys

BIN = pathlib.Path(__file__).parent / "bin"
SEGFLEET = BIN / "segfleet"
WORKER = BIN / "segfleet-worker"


def python() -> str:
    """The interpreter that hosts engines in Python: $SEGFLEET_PYTHON, else this one."""
    return os.environ.get("SEGFLEET_PYTHON") or sys.executable


def environment() -> dict[str, str]:
    """This process's environment for a segfleet program."""
    return {**os.environ, "SEGFLEET_PYTHON": python()}
