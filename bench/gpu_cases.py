# SPDX-License-Identifier: Apache-2.0
"""`segfleet run` on an NVIDIA card against ONNX Runtime alone on it. See docs/benchmarks.md."""

import json
import os
import statistics
import subprocess
import sys
from unittest import mock

import setting
from rows import images, row

RAW = setting.ROOT / "bench" / "contenders" / "raw_onnxruntime.py"
RAW_IMAGES = 512
HEIGHT, WIDTH = 512, 1024
PICTURES, USUAL_TIMES = 64, 40
# What a user might add to `--engine onnxruntime --devices gpu:0`.
VARIANTS = {
    "default": [],
    "1 lane": ["--lanes", "1"],
    "2 lanes": ["--lanes", "2"],
    "3 lanes": ["--lanes", "3"],
    "batch auto": ["--batch", "auto"],
    "2 lanes, batch 8": ["--lanes", "2", "--batch", "8"],
    "2 workers, batch 8": ["--workers-per-device", "2", "--batch", "8"],
    "cuda_graph=1": ["--engine-option", "cuda_graph=1"],
}


def python() -> str:
    """Whose onnxruntime is measured; it runs the release build's package."""
    return os.environ.get("SEGFLEET_PYTHON") or str(setting.ROOT / ".venv/bin/python")


def environment():
    """While it is entered, workers and contenders find that interpreter and that package."""
    return mock.patch.dict(os.environ, SEGFLEET_PYTHON=python(), PYTHONPATH=str(setting.RELEASE / "python"))


def cards() -> list[str]:
    """As the engine names those that it can drive here."""
    command = [python(), "-m", "segfleet.worker", "--describe-engine", "onnxruntime"]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = answer.stdout.splitlines()
    return [device["name"] for device in json.loads(lines[-1]).get("devices", [])] if lines else []


def raw(batch: int) -> dict:
    """images/s by name: see raw_onnxruntime.py."""
    command = [python(), RAW, setting.liteseg() / "model.onnx", "cuda", HEIGHT, WIDTH, batch, images(RAW_IMAGES)]
    run = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def later_half(events: list[dict]) -> dict:
    """Of the events of one run: speed of the last half of its pictures, without start, load and search for algorithms;
    how busy the card was meanwhile by our monitor, what its workers used at most, and the batch at the end."""
    looks = [event for event in events if event["event"] in ("progress", "ended")]
    end = looks[-1]
    begin = next(event for event in looks if 2 * event["done"] >= end["done"])
    if end["elapsed_s"] <= begin["elapsed_s"]:
        raise ValueError("the second half of the pictures came within one event: take more pictures")
    later = looks[looks.index(begin) :]
    devices = [device for look in later for device in look["devices"]]
    busy = [device["utilization"] for device in devices if device["utilization"] is not None]
    return {
        "images_per_s": (end["done"] - begin["done"]) / (end["elapsed_s"] - begin["elapsed_s"]),
        "busy": statistics.median(busy) if busy else None,
        "memory_bytes": max((device["memory_used_bytes"] or 0 for device in devices), default=0),
        "batch": end["devices"][0]["batch"],
    }


def rows_of(name: str, run: dict, alone: dict) -> list[dict]:
    """`alone`: the raw loops at the run's batch."""
    note = f"batch {run['batch']}"
    found = [
        row(f"gpu: {name}, later half", run["images_per_s"], "images/s", note=note),
        row(f"gpu: {name}, later half / raw loop, copies included", run["images_per_s"] / alone["whole"], "ratio"),
        row(f"gpu: {name}, later half / raw loop, compute alone", run["images_per_s"] / alone["compute"], "ratio"),
    ]
    if run["busy"] is not None:
        found.append(row(f"gpu: {name}, card busy", run["busy"], "share"))
    if run["memory_bytes"]:
        found.append(row(f"gpu: {name}, memory on the card", run["memory_bytes"] / (1 << 20), "MiB"))
    return found


def nvjpeg_rows(arguments: list, by_cpu: float) -> list[dict]:
    """The same run with its pictures decoded on the card. by_cpu: images/s without that."""
    try:
        events = setting.segfleet_events([*arguments, "--decode", "nvjpeg"])
    except SystemExit as refused:
        print(f"gpu: --decode nvjpeg is not measured: {refused}", file=sys.stderr)
        return []
    effect, run = events[-1]["nvjpeg"], later_half(events)
    note = f"{effect['on_card']} of {events[-1]['done']} pictures decoded on the card"
    if effect["compared"]:
        note += f"; of {effect['compared']} compared, {effect['differing_share']:.3%} of the pixels have another label"
    return [
        row("gpu: --decode nvjpeg, later half", run["images_per_s"], "images/s", note=note),
        row("gpu: --decode nvjpeg / decoded by the CPU, later half", run["images_per_s"] / by_cpu, "ratio"),
    ]


def gpu() -> list[dict]:
    """PP-LiteSeg on the first card that the engine names."""
    with environment():
        found = cards()
        if not found:
            print(
                f"gpu: the onnxruntime of {python()} (SEGFLEET_PYTHON) drives no card here: nothing is measured",
                file=sys.stderr,
            )
            return []
        pictures = setting.many(
            setting.pictures(PICTURES, 2048, 1024), max(1, images(PICTURES * USUAL_TIMES) // PICTURES)
        )
        alone, rows, speeds = {}, [], {}
        arguments = ["--model", setting.liteseg(), "--input", pictures, "--engine", "onnxruntime"]
        arguments += ["--devices", found[0]]
        for name, words in VARIANTS.items():
            run = later_half(setting.segfleet_events([*arguments, *words]))
            speeds[name] = run["images_per_s"]
            if run["batch"] not in alone:
                alone[run["batch"]] = raw(run["batch"])
                for kind, speed in alone[run["batch"]].items():
                    rows.append(row(f"gpu: raw loop, {kind}, batch {run['batch']}", speed, "images/s"))
            rows += rows_of(name, run, alone[run["batch"]])
        return rows + nvjpeg_rows(arguments, speeds["default"])


CASES = {"gpu": gpu}
