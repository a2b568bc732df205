# SPDX-License-Identifier: Apache-2.0
"""A live run of the real program, asked and changed through its control socket while it goes on."""

import contextlib
import json
import os
import socket
import subprocess
import time

from segfleet_cli import SEGFLEET, run_arguments, segfleet

SIMULATED = ["--engine", "simulated"]
SOCKET = ".segfleet.socket"


def write_model(folder):
    """A package for the simulated engine."""
    (folder / "deploy.yaml").write_text(
        "Deploy:\n  model: model.onnx\n  output_op: argmax\n  transforms:\n  - type: Normalize\n"
    )
    (folder / "model.onnx").write_bytes(b"the simulated engine reads no graph")
    return folder


def wait_until(condition, limit_s: float = 120):
    deadline = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return value


class LiveRun:
    """A run of the real program, paused from its beginning; `with` ends it whatever happens."""

    def __init__(self, model, pictures, output, *more):
        self.output = output
        arguments = run_arguments(model, pictures, output, *SIMULATED, *more)
        # A file: a pipe that nobody reads is full after half a minute of events, and then the run waits for its reader.
        self._events = output.with_name(output.name + ".events")
        self._events.parent.mkdir(parents=True, exist_ok=True)
        with self._events.open("wb") as events:
            self.process = subprocess.Popen(
                [str(SEGFLEET), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=events
            )

    def __enter__(self):
        wait_until(self.pauses)
        return self

    def pauses(self) -> bool:
        # What lies there may be a dead run's, or ours a moment before it listens.
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            return self.ask("pause")["ok"]
        assert self.process.poll() is None
        return False

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()

    def ctl(self, *words):
        return segfleet("ctl", self.output, *words)

    def connect(self) -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        # An address holds 107 bytes.
        folder = os.open(self.output, os.O_PATH)
        client.connect(f"/proc/self/fd/{folder}/{SOCKET}")
        os.close(folder)
        client.settimeout(120)
        return client

    def answer_to(self, request: bytes) -> dict:
        with self.connect() as client:
            client.sendall(request)
            return json.loads(client.makefile().readline())

    def ask(self, command: str, devices: str = "") -> dict:
        """As `segfleet ctl`, without the time that a program takes to start."""
        request = {"version": 1, "command": command, "devices": devices}
        answer = self.answer_to(json.dumps(request).encode() + b"\n")
        assert answer["ok"], answer
        return answer

    def status(self) -> dict:
        return self.ask("status")["run"]

    def finish(self) -> list[dict]:
        self.process.wait(timeout=240)
        out = self._events.read_bytes()
        assert self.process.returncode == 0, out
        return [json.loads(line) for line in out.splitlines()]

    def device(self, name) -> dict:
        return next(d for d in self.status()["devices"] if d["device"] == name)
