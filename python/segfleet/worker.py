# SPDX-License-Identifier: Apache-2.0
"""`python -m segfleet.worker`: a worker process whose engine is a Python class. Started by segfleet, not by hand."""

from __future__ import annotations

import json
import os
import pathlib
import sys

from segfleet import _native
from segfleet.engines import check_engine, engine_class_of
from segfleet.errors import Error


def check(names: list[str]) -> int:
    """Prints a line of JSON for each, in the form of --describe-engine but without opening the engine."""
    status = 0
    for name in names:
        answer: dict[str, object] = {"version": "", "devices": []}
        try:
            check_engine(name)
        except Error as error:
            answer = {"error": {"code": error.code, "message": str(error)}}
            status = 1
        print(json.dumps(answer))
    return status


def nvidia_folders() -> list[pathlib.Path]:
    """Where PyPI's packages of nvJPEG put it: nvidia/cu13/lib for CUDA 13, nvidia/nvjpeg/lib for 12."""
    beside = [pathlib.Path(path, "nvidia", name, "lib") for path in sys.path for name in ("cu13", "nvjpeg")]
    return [folder for folder in beside if folder.is_dir()]


def main() -> int:
    if sys.argv[1:2] == ["--check-engine"]:
        return check(sys.argv[2:])
    return _native.worker_main(sys.argv[1:], engine_class_of, nvidia_folders())


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not sys.exit(): that waits for threads that an engine left behind
