# SPDX-License-Identifier: Apache-2.0
"""What each stage of a picture costs one thread, and the bound that follows for all cores."""

import json
import pathlib
import re
import statistics
import subprocess
import tempfile

import setting

TO_MS = {"ms": 1.0, "us": 1e-3, "ns": 1e-6, "s": 1e3}
TIMED = re.compile("/(real|process)_time$")  # how Google Benchmark marks what it measures in another way
# What every picture goes through; files are committed in groups of up to 32.
STAGES = ("read", "decode", "transform", "restore", "count", "encode", "write/32")


def measure(
    model: pathlib.Path,
    pictures: pathlib.Path,
    names: tuple,
    labels: pathlib.Path | None = None,
    rounds: int = 3,
    engine: str = "openvino",
) -> dict[str, dict]:
    """bench/stages on the first core, for each of `names`: cpu_ms and real_ms, medians of rounds, and counters."""
    with tempfile.TemporaryDirectory(dir=setting.OUT) as scratch:
        command = ["taskset", "-c", setting.CORES[0], setting.STAGES, engine, model, pictures, scratch]
        command += [labels] if labels else []
        command += [f"--benchmark_filter=^({'|'.join(names)})(/real_time|/process_time)?$", "--benchmark_format=json"]
        command += [f"--benchmark_repetitions={rounds}", "--benchmark_min_time=0.3"]
        run = subprocess.run(
            [str(c) for c in command], check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    costs: dict[str, dict] = {}
    for name in names:
        found = [
            result
            for result in json.loads(run.stdout)["benchmarks"]
            if result["run_type"] == "iteration" and TIMED.sub("", result["run_name"]) == name
        ]
        costs[name] = {
            f"{kind}_ms": statistics.median(result[f"{kind}_time"] * TO_MS[result["time_unit"]] for result in found)
            for kind in ("cpu", "real")
        }
        if "bytes" in found[0]:
            costs[name]["bytes"] = found[0]["bytes"]
    return costs


def picture_ms(model: pathlib.Path, pictures: pathlib.Path) -> float:
    """Processor time of a picture beside the engine, on one thread."""
    return sum(cost["cpu_ms"] for cost in measure(model, pictures, STAGES).values())


def bound(beside_ms: float, engine_images_per_s: float) -> float:
    """Images a second where every core does nothing but the stages of its pictures, one after the other.

    The engine's cost is what a picture takes one core while all of them compute: its speed on all cores, by the core.
    """
    cores = len(setting.CORES)
    return cores / (beside_ms * 1e-3 + cores / engine_images_per_s)
