# SPDX-License-Identifier: Apache-2.0
"""Many devices on few cores: simulated ones, through real worker processes. docs/benchmarks.md says what is measured."""

import statistics

import setting
from fleet_cases import plain_model
from rows import ROUNDS, row

WORKERS = 64
CALL_MS = 20
SIDE = 32  # pictures so small that reading, decoding and writing 3200 of them a second fits on two cores


def after_load(events: list[dict]) -> float:
    """Images a second from the moment when every worker is loaded to the end of the run, all books closed."""
    end = events[-1]
    begin = next(
        event
        for event in events
        if event["event"] == "progress" and all(device["state"] == "running" for device in event["devices"])
    )
    return (end["done"] - begin["done"]) / (end["wall_s"] - begin["elapsed_s"])


def simulated() -> list[dict]:
    """64 workers whose engine sleeps 20 ms a picture; every picture is read, decoded, and its mask written durably."""
    pictures = setting.many(setting.pictures(64, SIDE, SIDE), 400)
    arguments = ["--model", plain_model(), "--input", pictures, "--size", "network"]
    arguments += ["--engine", "simulated", "--devices", f"sim*{WORKERS}", "--engine-option", f"latency_ms={CALL_MS}"]
    rates = [after_load(setting.segfleet_events(arguments)) for _ in range(ROUNDS)]
    bound = WORKERS / CALL_MS * 1000
    return [
        row(f"{WORKERS} simulated workers of {CALL_MS} ms, after load", statistics.median(rates), "images/s"),
        row(
            f"{WORKERS} simulated workers of {CALL_MS} ms / bound",
            statistics.median(rate / bound for rate in rates),
            "ratio",
            at_least=0.95,
        ),
    ]


CASES = {"simulated": simulated}
