# SPDX-License-Identifier: Apache-2.0
"""Many devices on few cores: simulated ones, through real worker processes. docs/benchmarks.md says what is in it."""

import pathlib
import statistics
import tempfile

import cv2
import numpy as np
import setting
from fleet_cases import plain_model
from rows import ROUNDS, row

WORKERS = 64
CALL_MS = 20
SIDE = 16  # pictures so small that reading, decoding and writing 3200 of them a second fits on two cores


def small_pictures() -> pathlib.Path:
    """64 JPEGs of random colours; made once."""
    folder = setting.OUT / f"pictures-64-{SIDE}x{SIDE}"
    if not folder.exists():
        random = np.random.default_rng(1)
        with tempfile.TemporaryDirectory(dir=setting.OUT) as scratch:
            made = pathlib.Path(scratch) / "images"
            made.mkdir()
            for i in range(64):
                colours = random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
                cv2.imwrite(str(made / f"{i:02}.jpg"), cv2.resize(colours, (SIDE, SIDE)))
            made.rename(folder)
    return folder


def after_load(events: list[dict]) -> float:
    """Images a second from the moment when every worker is loaded to the end of the run, all books closed."""
    end = events[-1]
    begin = next(
        event
        for event in events
        if event["event"] == "progress" and all(device["state"] == "running" for device in event["devices"])
    )
    return (end["done"] - begin["done"]) / (end["wall_s"] - begin["elapsed_s"])


def events_in_memory(arguments: list) -> list[dict]:
    """Of a run whose masks lie where syncing costs nothing."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        return setting.segfleet_events(arguments, pathlib.Path(scratch) / "result")


def simulated() -> list[dict]:
    """64 workers whose engine sleeps 20 ms a picture; every picture is read, decoded, its mask written and synced.

    With the masks on the disk, and in memory: 3200 of them a second are more than many a disk syncs.
    """
    pictures = setting.many(small_pictures(), 400)
    arguments = ["--model", plain_model(), "--input", pictures, "--size", "network", "--engine", "simulated"]
    arguments += ["--devices", f"sim*{WORKERS}", "--engine-option", f"latency_ms={CALL_MS}"]
    bound = WORKERS / CALL_MS * 1000
    on_disk, in_memory = [], []
    for _ in range(ROUNDS):
        on_disk.append(after_load(setting.segfleet_events(arguments)) / bound)
        in_memory.append(after_load(events_in_memory(arguments)) / bound)
    name = f"{WORKERS} simulated workers of {CALL_MS} ms, after load / bound"
    return [
        row(f"{name}, masks on the disk", statistics.median(on_disk), "ratio"),
        row(f"{name}, masks in memory", statistics.median(in_memory), "ratio", at_least=0.95),
    ]


CASES = {"simulated": simulated}
