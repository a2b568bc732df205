# SPDX-License-Identifier: Apache-2.0
"""The command `segfleet`: the native program, in the place of this interpreter."""

from __future__ import annotations

import os
import sys

from segfleet import _programs


def main() -> None:
    os.execve(_programs.SEGFLEET, [str(_programs.SEGFLEET), *sys.argv[1:]], _programs.environment())
