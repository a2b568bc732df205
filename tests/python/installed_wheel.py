# SPDX-License-Identifier: Apache-2.0
"""The finished wheel, built and installed the way a user has it, for tests; none of it needs the network.

A user's pip brings openvino and numpy from the package index. Here the wheel is built with what .venv has, installed by
`--no-index --no-deps`, and beside it come links to .venv's openvino and numpy: links and no .pth file, since the engine
looks for OpenVINO's libraries at ../../openvino/libs, as they lie in a real environment.
"""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PADDLE_PYTHON = os.environ["SEGFLEET_PADDLE_PYTHON"]


def clean_environment(**more: str) -> dict[str, str]:
    """Nothing of this build's tests, nothing of .venv: only what is installed is found."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith("SEGFLEET_") and k not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    return kept | more


def done(*command, **options) -> subprocess.CompletedProcess:
    """Runs a command that must succeed, away from the source tree."""
    options.setdefault("env", clean_environment())
    ended = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, **options)
    assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    return ended


def build_wheel(folder: pathlib.Path) -> pathlib.Path:
    command = [sys.executable, ROOT / "tools" / "build_wheel.py", folder]
    built = subprocess.run(command, capture_output=True, text=True, timeout=1700, env=clean_environment())
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def link_packages(folder: pathlib.Path, *names: str) -> None:
    """Links .venv's packages, with the libraries that lie beside them, into another place for packages."""
    for name in names:
        (found,) = [p for p in map(pathlib.Path, sys.path) if (p / name / "__init__.py").exists()]
        for entry in [found / name, *found.glob(f"{name}.libs")]:
            (folder / entry.name).symlink_to(entry)


def install_into_venv(wheel: pathlib.Path, venv: pathlib.Path) -> pathlib.Path:
    """The interpreter of a new environment that holds the wheel and what it depends on."""
    done(sys.executable, "-m", "venv", "--without-pip", venv)
    python = venv / "bin" / "python"
    done(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps", wheel)
    (packages,) = venv.glob("lib/python3*/site-packages")
    link_packages(packages, "openvino", "numpy")
    return python


def install_beside_paddle(wheel: pathlib.Path, folder: pathlib.Path) -> dict[str, str]:
    """The environment in which .venv-train's Python, which has Paddle and its own NumPy, finds the wheel."""
    done(sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", folder, wheel)
    link_packages(folder, "openvino")
    return clean_environment(PYTHONPATH=str(folder))
