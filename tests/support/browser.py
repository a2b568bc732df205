# SPDX-License-Identifier: Apache-2.0
"""A page in a real browser: Chromium without a screen, without a network, with a profile of its own."""

import pathlib
import shutil
import subprocess
import tempfile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
]


def browse(page: pathlib.Path, *more: str) -> str:
    """What the browser prints."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *more, page.resolve().as_uri()]
        done = subprocess.run(command, capture_output=True, timeout=180, check=True, stdin=subprocess.DEVNULL)
        return done.stdout.decode()


def dom(page: pathlib.Path, *more: str) -> str:
    """The page's elements as HTML, once its scripts have run."""
    return browse(page, "--dump-dom", *more)


def screenshot(page: pathlib.Path, picture: pathlib.Path, width: int, height: int, *more: str) -> pathlib.Path:
    browse(page, f"--screenshot={picture}", f"--window-size={width},{height}", *more)
    return picture
