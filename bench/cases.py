# SPDX-License-Identifier: Apache-2.0
"""The benchmarks, one function each. docs/benchmarks.md says what each number includes and leaves out."""

import contextlib
import pathlib
import sqlite3
import statistics
import time

import allocation_cases
import contender_cases
import cv2
import dispatch_cases
import fleet_cases
import gpu_cases
import numpy as np
import scale_cases
import setting
import simulated_cases
import stage_cases
import throughput_cases
import tune_cases
from rows import ROUNDS, median_ratio, row


def first_mask() -> list[dict]:
    """From the start of the job to the first durable mask, less the engine's own load time.

    That includes the network's own run over the first picture, on one thread: told apart in the second row.
    """
    pictures = sorted(setting.pictures(64, 2048, 1024).iterdir())[:4]
    rows = []
    for name, model in (("PP-LiteSeg", setting.liteseg()), ("demo model", setting.DEMO_MODEL)):
        beyond, less_inference = [], []
        for _ in range(ROUNDS):
            output = setting.fresh_folder() / "result"
            end = setting.segfleet_events(["--model", model, "--input", *pictures], output)[-1]
            beyond.append(end["first_mask_s"] - end["engine_load_s"])
            less_inference.append(beyond[-1] - first_inference_s(output))
        title = f"start to first mask beyond engine load, {name}"
        rows.append(row(title, statistics.median(beyond), "s", at_most=0.2))
        rows.append(row(f"{title}, less its inference", statistics.median(less_inference), "s"))
    return rows


def first_inference_s(output: pathlib.Path) -> float:
    """How long the engine had the picture that was done first."""
    with contextlib.closing(sqlite3.connect(output / "ledger.sqlite")) as ledger:
        times = "SELECT infer_end_us - infer_begin_us FROM items WHERE state = 'done' ORDER BY end_us LIMIT 1"
        return ledger.execute(times).fetchone()[0] / 1e6


def coordinator() -> list[dict]:
    """CPU time of the coordinator per item.

    With the demo model the workers are slow and its ticks weigh; with the tiny one it is as busy as it can be.
    """
    few = setting.pictures(2000, 64, 64)
    return [
        row("coordinator CPU per item, 2000 small items", coordinator_us(setting.DEMO_MODEL, few), "us", at_most=20),
        row(
            "coordinator CPU per item, 20,000 tiny items",
            coordinator_us(setting.tiny_model(), setting.many(few, 10)),
            "us",
            at_most=20,
        ),
    ]


def coordinator_us(model: pathlib.Path, pictures: pathlib.Path) -> float:
    cpu = []
    for _ in range(ROUNDS):
        end = setting.segfleet(
            ["--model", model, "--input", pictures, "--size", "network", "--engine", "simulated"],
        )
        cpu.append(end["coordinator_cpu_s"] / end["done"] * 1e6)
    return statistics.median(cpu)


def memory() -> list[dict]:
    """Peak resident memory while 64 JPEGs of 2048x1024 go through PP-LiteSeg."""
    end = setting.segfleet(["--model", setting.liteseg(), "--input", setting.pictures(64, 2048, 1024)])
    mib = 1 << 20
    rows = [row("peak memory, coordinator", end["coordinator_peak_rss_bytes"] / mib, "MiB")]
    for device in end["devices"]:
        rows.append(row(f"peak memory, worker on {device['device']}", device["peak_rss_bytes"] / mib, "MiB"))
    return rows


def restore() -> list[dict]:
    """19 planes of 512x1024 to the labels of 1024x2048, against cv2.resize of each plane and numpy.argmax.

    Processor time of one thread.
    """
    scores = np.random.default_rng(7).normal(size=(19, 512, 1024)).astype(np.float32)
    enlarged = np.empty((19, 1024, 2048), np.float32)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    naive, fused, confident = [], [], []
    for _ in range(2 * ROUNDS):
        start = time.thread_time()
        for plane, target in zip(scores, enlarged, strict=True):
            cv2.resize(plane, (2048, 1024), dst=target)
        enlarged.argmax(0)
        naive.append((time.thread_time() - start) * 1e3)
        fused.append(setting.restore_ms(19, (512, 1024), (1024, 2048), "labels", 9))
        confident.append(setting.restore_ms(19, (512, 1024), (1024, 2048), "confidence", 9))
    cv2.setNumThreads(threads)
    return [
        row("restore: cv2.resize of each plane and numpy.argmax", statistics.median(naive), "ms"),
        row("restore: fused", statistics.median(fused), "ms"),
        row("restore: fused, with confidence", statistics.median(confident), "ms"),
        row("restore: how many times faster", median_ratio(naive, fused), "ratio", at_least=25),
    ]


def import_time() -> list[dict]:
    """What `import segfleet` costs a program that has imported NumPy, in a fresh interpreter each time."""
    beyond = statistics.median(setting.import_ms() for _ in range(4 * ROUNDS))
    return [row("import segfleet beyond NumPy's own", beyond, "ms", at_most=60)]


CASES = throughput_cases.CASES | contender_cases.CASES
CASES |= {f.__name__: f for f in (first_mask, coordinator, memory, restore)} | {"import": import_time}
CASES |= stage_cases.CASES | allocation_cases.CASES | scale_cases.CASES | gpu_cases.CASES
CASES |= fleet_cases.CASES | tune_cases.CASES | dispatch_cases.CASES | simulated_cases.CASES
