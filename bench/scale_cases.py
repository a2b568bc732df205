# SPDX-License-Identifier: Apache-2.0
"""The scale model (scale_model.py) against real runs on this machine, with simulated cards. See docs/benchmarks.md."""

import dataclasses
import json
import statistics

import setting
import stage_costs
from rows import median_ratio, row
from scale_model import COSTS, Costs, Machine, predicted
from simulated_cases import after_load, events_in_memory

ROUNDS = 3
PICTURES = 64
TIMES = 8
# Simulated cards and how long one takes for a picture: from where cards are the limit to where the cores are.
POINTS = ((2, 200), (4, 100), (8, 100), (16, 100), (32, 50))


def costs_here(engine: str) -> Costs:
    """Of PP-LiteSeg's pictures of 2048x1024, masks at original size, with the labels of this engine."""
    model, pictures = setting.liteseg(), setting.pictures(PICTURES, 2048, 1024)
    names = stage_costs.STAGES + (("infer",) if engine == "simulated" else ())
    costs = stage_costs.measure(model, pictures, names, engine=engine)
    tiny = setting.many(setting.pictures(2000, 64, 64), 10)
    arguments = ["--model", setting.tiny_model(), "--input", tiny, "--size", "network", "--engine", "simulated"]
    end = events_in_memory(arguments)[-1]
    return Costs(
        stages_ms={name: cost["cpu_ms"] for name, cost in costs.items()},
        coordinator_us=end["coordinator_cpu_s"] / end["done"] * 1e6,
        input_bytes=statistics.mean(path.stat().st_size for path in pictures.iterdir()),
        output_bytes=costs["encode"]["bytes"],
    )


def scale() -> list[dict]:
    """Masks in memory, so that the disk is no limit. The labels of simulated cards cost a core's time, too."""
    COSTS.write_text(json.dumps(dataclasses.asdict(costs_here("openvino")), indent=2) + "\n")
    costs = costs_here("simulated")
    pictures = setting.many(setting.pictures(PICTURES, 2048, 1024), TIMES)
    rows = []
    for cards, call_ms in POINTS:
        rate = 1000 / (call_ms + costs.stages_ms["infer"])
        foreseen, limit = predicted(costs, Machine(cards, rate, len(setting.CORES)))
        arguments = ["--model", setting.liteseg(), "--input", pictures, "--devices", f"sim*{cards}"]
        arguments += ["--engine-option", f"latency_ms={call_ms}"]
        measured = [after_load(events_in_memory(arguments)) for _ in range(ROUNDS)]
        name = f"scale: {cards} simulated cards of {call_ms} ms"
        rows.append(row(f"{name}, predicted", foreseen, "images/s", note=f"limit: {limit}"))
        rows.append(row(f"{name}, measured", statistics.median(measured), "images/s"))
        rows.append(row(f"{name}, measured / predicted", median_ratio(measured, [foreseen] * ROUNDS), "ratio"))
    return rows


CASES = {"scale": scale}
