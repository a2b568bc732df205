# SPDX-License-Identifier: Apache-2.0
"""The benchmarks of segfleet.Fleet. docs/benchmarks.md says what each number includes and leaves out."""

import os
import statistics
import sys
import time
from unittest import mock

import numpy as np
import setting
from rows import ROUNDS, median_ratio, row

CORE = f"cpu:{setting.CORES[0]}"


def open_fleet(model, **options):
    """A segfleet.Fleet of the release build, its worker warm."""
    sys.path[:0] = [str(setting.RELEASE / "python")] if str(setting.RELEASE / "python") not in sys.path else []
    import segfleet

    return segfleet.Fleet(model, **options)


def engines_of_bench():
    """While it is entered, workers find bench/plain_engine.py."""
    return mock.patch.dict(os.environ, PYTHONPATH=f"{setting.ROOT / 'bench'}:{setting.RELEASE / 'python'}")


def plain_model():
    """A package that gives a picture to the engine as it is."""
    folder = setting.OUT / "plain"
    folder.mkdir(exist_ok=True)
    (folder / "graph.onnx").write_bytes(b"never opened")
    (folder / "deploy.yaml").write_text(
        "Deploy:\n  model: graph.onnx\n  transforms:\n  - type: Normalize\n  output_op: argmax\n"
    )
    return folder


def images_per_s(fleet, images: list) -> float:
    start = time.perf_counter()
    count = sum(1 for _ in fleet.map(images))
    return count / (time.perf_counter() - start)


def fleet() -> list[dict]:
    """fleet.map of 512x512 arrays through the demo model, against segfleet's engine in a loop on the same core."""
    images = list(np.random.default_rng(1).integers(0, 256, (16, 512, 512, 3), dtype=np.uint8)) * 6
    raw, mapped = [], []
    with open_fleet(setting.DEMO_MODEL, devices=CORE) as fleet:
        images_per_s(fleet, images[:32])
        for _ in range(ROUNDS):
            raw.append(setting.raw(setting.RAW_ENGINE, setting.DEMO_MODEL, 512, 512, "fp32", len(images), True))
            mapped.append(images_per_s(fleet, images))
    return [
        row("fleet: raw loop, segfleet's engine, demo model", statistics.median(raw), "images/s"),
        row("fleet: fleet.map of 512x512 arrays", statistics.median(mapped), "images/s"),
        row("fleet: fleet.map / raw", median_ratio(mapped, raw), "ratio", at_least=0.95),
    ]


def round_trip_us(fleet, image) -> float:
    times = []
    for _ in range(1000):
        start = time.perf_counter()
        fleet.submit(image).result()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def fleet_latency() -> list[dict]:
    """32x32 arrays through one worker whose engine costs next to nothing."""
    image = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    rows = []
    engines = {"simulated": "simulated", "a Python class": "plain_engine:Free"}
    with engines_of_bench():
        for name, engine in engines.items():
            alone, piped = [], []
            with open_fleet(plain_model(), devices=CORE, size="network", engine=engine) as fleet:
                images_per_s(fleet, [image] * 500)
                for _ in range(ROUNDS):
                    alone.append(round_trip_us(fleet, image))
                    piped.append(images_per_s(fleet, [image] * 20000))
            rows.append(row(f"fleet: submit to result, {name}", statistics.median(alone), "us", at_most=250))
            rows.append(
                row(f"fleet: 32x32 arrays pipelined, {name}", statistics.median(piped), "images/s", at_least=10000)
            )
    return rows


def hosted() -> list[dict]:
    """A worker that hosts a Python class, against the native one: both engines sleep 5 ms for each picture.

    The pictures are small, as the simulated engine also looks at every pixel: 0.02 ms for 32x32.
    """
    images = list(np.random.default_rng(1).integers(0, 256, (16, 32, 32, 3), dtype=np.uint8)) * 25
    native, python = [], []
    with (
        engines_of_bench(),
        open_fleet(
            plain_model(), devices=CORE, size="network", engine="simulated", engine_options={"latency_ms": "5"}
        ) as one,
        open_fleet(plain_model(), devices=CORE, size="network", engine="plain_engine:Sleeps") as other,
    ):
        for fleet in (one, other):
            images_per_s(fleet, images[:100])
        for _ in range(ROUNDS):
            native.append(images_per_s(one, images))
            python.append(images_per_s(other, images))
    return [
        row("hosted: native worker, engine of 5 ms", statistics.median(native), "images/s"),
        row("hosted: Python-hosted worker, engine of 5 ms", statistics.median(python), "images/s"),
        row("hosted: Python-hosted / native", median_ratio(python, native), "ratio", at_least=0.98),
    ]


CASES = {f.__name__: f for f in (fleet, fleet_latency, hosted)}
