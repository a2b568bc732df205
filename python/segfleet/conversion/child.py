# SPDX-License-Identifier: Apache-2.0
"""One step of a conversion in a process of its own."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

_TAIL_BYTES = 64 << 10
_LONGEST_REASON = 400
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def run(module: str, arguments: list[str], work: Path) -> str | None:
    """Runs `python -m MODULE`, everything it prints in a file in `work`. Gives why it failed, in one line, or None.

    The process sees no GPU, writes its temporary files and caches in `work`, installs nothing, and ends with this one.
    """
    environment = dict(os.environ)
    package_root = str(Path(__file__).parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [package_root, environment.get("PYTHONPATH")]))
    environment.update(
        CUDA_VISIBLE_DEVICES="",
        TMPDIR=str(work),
        XDG_CACHE_HOME=str(work),
        POLYGRAPHY_AUTOINSTALL_DEPS="0",
        PYTHONDONTWRITEBYTECODE="1",
    )
    log = work / f"{module.rpartition('.')[2]}.log"
    with log.open("wb") as file:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
            preexec_fn=_die_with_parent,
        )
    if done.returncode == 0:
        return None
    how = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
    return f"{_last_words(log)} ({how})"


def _last_words(log: Path) -> str:
    """The line that names the error: the first that paddle2onnx marks [ERROR], else the last that speaks of one."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [line.rpartition("[Paddle2ONNX]")[2].strip() for line in lines if line.startswith("[ERROR]")]
    named = [line for line in lines if "Error" in line or "Failed" in line]
    line = marked[0] if marked else (named or lines or ["it printed nothing"])[-1]
    printable = "".join(character if character.isprintable() else " " for character in line)
    return printable[:_LONGEST_REASON]
