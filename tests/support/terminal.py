# SPDX-License-Identifier: Apache-2.0
"""What `segfleet` prints on a terminal."""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios

from segfleet_cli import SEGFLEET

COLUMNS = 64


def printed_on_a_terminal(words, terminal: str | None) -> bytes:
    """Of a command that must end well. terminal: TERM; None: it is not set."""
    environment = {name: value for name, value in os.environ.items() if name != "TERM"}
    if terminal is not None:
        environment["TERM"] = terminal
    command = [str(SEGFLEET), *map(str, words)]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    printed = b""
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        with contextlib.suppress(OSError):  # the last who could write is gone
            while chunk := os.read(ours, 65536):
                printed += chunk
    os.close(ours)
    assert process.returncode == 0, printed
    return printed
