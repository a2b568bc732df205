# SPDX-License-Identifier: Apache-2.0
"""A worker process with the test as its coordinator."""

import os
import socket
import subprocess

from message_pack import pack, unpack

LIMIT_S = 60  # against a hang of the test itself; nothing is measured


class WorkerProcess:
    """The process and the coordinator's end of its socket. The command gets `--socket-fd N`."""

    def __init__(self, command, launch=lambda command: command, **options):
        self.socket, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(LIMIT_S)
        self.process = subprocess.Popen(
            launch([*command, "--socket-fd", str(far.fileno())]),
            pass_fds=[far.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
        far.close()
        self.outcomes_left = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.communicate()

    def send(self, message):
        self.socket.send(pack(message))

    def receive(self):
        """The next message, or None at the end. Outcomes that came together come one by one."""
        if not self.outcomes_left:
            data = self.socket.recv(1 << 16)
            message = unpack(data) if data else None
            if message is None or message["type"] != b"outcomes":
                return message
            self.outcomes_left = [{"type": b"outcome"} | outcome for outcome in message["outcomes"]]
        return self.outcomes_left.pop(0)

    def receive_a(self, *kinds):
        while (message := self.receive()) is not None:
            if message["type"] in kinds:
                return message
        return None

    def finish(self):
        """Exit status, standard output and standard error."""
        output, errors = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, output.decode(), errors.decode()


def setup_message(model, engine, output, *, device="cpu", batch=1, lanes=1, extra=None):
    """A setup with every field, as docs/protocol.md has them."""
    return {
        "type": "setup",
        "model": os.fsencode(model),
        "engine": engine,
        "engine_options": {
            "device": device,
            "threads": 1,
            "lanes": lanes,
            "batch": batch,
            "precision": "fp32",
            "cache_folder": "",
            "extra": extra or {},
            "scores": False,
            "incarnation": 1,
        },
        "output": os.fsencode(output),
        "write_mask": True,
        "write_overlay": False,
        "output_size": "original",
        "sticky_resize_by_short": False,
        "limits": {"max_file_bytes": 1 << 24, "max_pixels": 1 << 24, "max_side": 65500, "max_jpeg_scans": 100},
        "helper_threads": 2,
        "helper_threads_limit": 2,
        "layout": "segfleet",
        "argmax_first": False,
        "fast_decode": False,
        "decode": "cpu",
        "results_in_memory": False,
        "write_confidence": False,
        "min_confidence": 0.0,
        "unknown_class": 255,
        "threshold": 0.0,
        "multi_label": False,
        "memory": {
            "limit_bytes": 0,
            "limit_share": 0.0,
            "reserve_bytes": 0,
            "reserve_share": 0.0,
            "workers": 1,
            "sharers": 1,
            "grow_batch": False,
            "first_batch": 0,
        },
    }
