# SPDX-License-Identifier: Apache-2.0
"""`python -m segfleet.worker`: a worker process whose engine is a Python class. Started by segfleet, not by hand."""

from __future__ import annotations

import os
import sys

from segfleet import _native
from segfleet.engines import engine_class_of


def main() -> int:
    return _native.worker_main(sys.argv[1:], engine_class_of)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not sys.exit(): that waits for threads that an engine left behind
