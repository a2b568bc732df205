# SPDX-License-Identifier: Apache-2.0
"""The benchmarks of plans and of sharing work out. docs/benchmarks.md says what each number includes."""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import setting
from rows import median_ratio, row

BUDGET_S = 60
GRID_ROUNDS = 3  # of the best of the grid against the tuned plan


def tuned(model: pathlib.Path, pictures: pathlib.Path) -> tuple[list[dict], dict, float]:
    """The grid that `segfleet tune` searched, its plan, and how long all of it took, start of the program included."""
    with tempfile.TemporaryDirectory(dir=setting.OUT) as scratch:
        command = [setting.SEGFLEET, "tune", "--json", "--model", model, "--input", pictures]
        # Speed is what is compared here: whatever the labels of bf16 are.
        command += ["--output", pathlib.Path(scratch) / "plan.yaml", "--budget", f"{BUDGET_S}s", "--agreement", "0"]
        start = time.perf_counter()
        run = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True)
        took_s = time.perf_counter() - start
    events = [json.loads(line) for line in run.stdout.splitlines()]
    if run.returncode != 0:
        raise SystemExit(f"segfleet tune ended with {run.returncode}: {events[-1:]}")
    grid = next(event["plans"] for event in events if event["event"] == "tuning")
    return grid, events[-1]["recommended"]["plan"], took_s


def options_of(plan: dict) -> list[str]:
    names = ("engine", "precision", "devices", "workers_per_device", "lanes", "threads", "batch")
    # 0 is "as without the option".
    return [f"--{name.replace('_', '-')}={plan[name]}" for name in names if plan[name] != 0]


def images_per_s(model: pathlib.Path, pictures: pathlib.Path, plan: dict) -> float:
    """Of a whole run, after its first mask."""
    end = setting.segfleet(["--model", model, "--input", pictures, *options_of(plan)])
    return (end["done"] - 1) / (end["wall_s"] - end["first_mask_s"])


def tune_rows(name: str, model: pathlib.Path, sample: pathlib.Path, pictures: pathlib.Path) -> list[dict]:
    grid, plan, took_s = tuned(model, sample)
    speeds = [(images_per_s(model, pictures, candidate), index) for index, candidate in enumerate(grid)]
    finalists = [grid[index] for _, index in sorted(speeds, reverse=True)[:3]]
    rounds = [
        [images_per_s(model, pictures, candidate) for candidate in [plan, *finalists]] for _ in range(GRID_ROUNDS)
    ]
    own, *others = (statistics.median(column) for column in zip(*rounds, strict=True))
    return [
        row(f"tune, {name}: combinations in the grid", len(grid), ""),
        row(f"tune, {name}: the tuned plan", own, "images/s"),
        row(f"tune, {name}: the best of the full grid", max(others), "images/s"),
        row(f"tune, {name}: without a plan", images_per_s(model, pictures, grid[0]), "images/s"),
        row(f"tune, {name}: tuned plan / best of the grid", own / max(others), "ratio", at_least=0.95),
        row(f"tune, {name}: time of the search", took_s, "s", at_most=BUDGET_S),
    ]


def tune() -> list[dict]:
    """`segfleet tune` in 60 s, against every combination of its grid in whole runs."""
    large, small = setting.pictures(64, 2048, 1024), setting.pictures(256, 512, 512)
    return tune_rows("demo model", setting.DEMO_MODEL, small, small) + tune_rows(
        "PP-LiteSeg", setting.liteseg(), large, large
    )


class Disturbance:
    """While it is entered, another program keeps one core busy."""

    def __init__(self, core: int):
        self.core = core

    def __enter__(self):
        program = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"
        self.process = subprocess.Popen([sys.executable, "-c", program, str(self.core)])

    def __exit__(self, *exception):
        self.process.kill()
        self.process.wait()


def whole_s(model: pathlib.Path, jobs: list[tuple[str, list]]) -> float:
    """Wall time of runs that start together, each on its device with its pictures, until the last has ended."""
    outputs = setting.fresh_folder()
    start = time.perf_counter()
    processes = []
    for index, (devices, pictures) in enumerate(jobs):
        command = [setting.SEGFLEET, "run", "--quiet", "--model", model, "--devices", devices]
        command += ["--output", outputs / str(index), "--input", *pictures]
        processes.append(subprocess.Popen([str(c) for c in command]))
    statuses = [process.wait() for process in processes]
    took_s = time.perf_counter() - start
    if any(statuses):
        raise SystemExit(f"segfleet run ended with {statuses}")
    return took_s


def disturbed() -> list[dict]:
    """One run on two cores against two pinned ones with half the list each, while a program keeps one core busy."""
    if len(setting.CORES) < 2:
        return []
    model, pictures = setting.liteseg(), sorted(setting.pictures(64, 2048, 1024).iterdir())
    one, other = (f"cpu:{core}" for core in setting.CORES[:2])
    half = len(pictures) // 2
    whole_s(model, [(f"{one},{other}", pictures[:4])])  # fills the caches
    shared, halves = [], []
    with Disturbance(setting.CORES[0]):
        for _ in range(3):
            shared.append(whole_s(model, [(f"{one},{other}", pictures)]))
            halves.append(whole_s(model, [(one, pictures[:half]), (other, pictures[half:])]))
    return [
        row("disturbed core: one run on both", statistics.median(shared), "s"),
        row("disturbed core: static halves", statistics.median(halves), "s"),
        row("disturbed core: static halves / one run", median_ratio(halves, shared), "ratio", at_least=1.3),
    ]


CASES = {f.__name__: f for f in (tune, disturbed)}
