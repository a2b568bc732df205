# SPDX-License-Identifier: Apache-2.0
"""A worker process with the test as its coordinator."""

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

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.communicate()

    def send(self, message):
        self.socket.send(pack(message))

    def receive(self):
        data = self.socket.recv(1 << 16)
        return unpack(data) if data else None

    def receive_a(self, *kinds):
        while (message := self.receive()) is not None:
            if message["type"] in kinds:
                return message
        return None

    def finish(self):
        """Exit status, standard output and standard error."""
        output, errors = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, output.decode(), errors.decode()
