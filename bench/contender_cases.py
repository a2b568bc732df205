# SPDX-License-Identifier: Apache-2.0
"""segfleet against what a person would write instead, start-up included. docs/benchmarks.md says what is in it.

Contenders take turns, each at the settings that a short run found fastest.
"""

import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import setting
from rows import images, median_ratio, row
from tune_cases import options_of, tuned

ROUNDS = 3
PADDLESEG_WAY = setting.ROOT / "bench/contenders/paddleseg_way.py"
TRAIN_PYTHON = setting.ROOT / ".venv-train/bin/python"
RAY = setting.ROOT / ".venv-ray"


def core_groups() -> list[tuple[int, int]]:
    """(processes, threads of each) that use every core: one a core, one for all, and what is between."""
    cores = len(setting.CORES)
    return [(cores // threads, threads) for threads in range(1, cores + 1) if cores % threads == 0]


def must_end_well(processes: list[subprocess.Popen]) -> list[dict]:
    """What they print last, as JSON."""
    outputs = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise SystemExit(f"{processes[0].args} ended with {[process.returncode for process in processes]}")
    return [json.loads(output.splitlines()[-1]) for output in outputs]


def start(command: list) -> subprocess.Popen:
    return subprocess.Popen(
        [str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )


class StaticParts:
    """Scheme 1: one process for each group of cores, each with a fixed share of the files."""

    def __init__(self, model: pathlib.Path, size: str):
        self.model, self.size = model, size
        self.settings = core_groups()

    def run(self, files: list[pathlib.Path], out: pathlib.Path, processes: int, threads: int) -> float:
        """Images a second of all processes, once they are warm."""
        started = []
        for i in range(processes):
            share = files[i * len(files) // processes : (i + 1) * len(files) // processes]
            cores = ",".join(str(core) for core in setting.CORES[i * threads : (i + 1) * threads])
            command = ["taskset", "-c", cores, TRAIN_PYTHON, PADDLESEG_WAY, "part", self.model / "paddle", out]
            started.append(start([*command, threads, self.size, *share]))
        return sum(end["images"] / end["seconds"] for end in must_end_well(started))

    def said(self, processes: int, threads: int) -> str:
        return f"{processes} processes of {threads} threads"


class PoolOfBatches:
    """Scheme 2: a multiprocessing pool over batches, merged at the end."""

    def __init__(self, model: pathlib.Path, size: str):
        self.model, self.size = model, size
        self.settings = [(*group, batch) for group in core_groups() for batch in (1, 4)]

    def run(self, files: list[pathlib.Path], out: pathlib.Path, processes: int, threads: int, batch: int) -> float:
        command = [TRAIN_PYTHON, PADDLESEG_WAY, "pool", self.model / "paddle", out, threads, self.size, *files]
        [end] = must_end_well([start([*command, "--processes", processes, "--batch", batch])])
        return end["images"] / end["seconds"]

    def said(self, processes: int, threads: int, batch: int) -> str:
        return f"{processes} processes of {threads} threads, batches of {batch}"


class RayData:
    """Ray Data with ONNX Runtime in actors."""

    def __init__(self, model: pathlib.Path, height: int, width: int):
        self.model, self.shape = model, (height, width)
        self.settings = core_groups()

    def run(self, files: list[pathlib.Path], out: pathlib.Path, actors: int, threads: int) -> float:
        """Images a second, start-up included: Ray does not say when it is warm."""
        with tempfile.TemporaryDirectory(dir=setting.OUT) as scratch:
            for file in files:
                (pathlib.Path(scratch) / file.name).hardlink_to(file)
            command = [RAY / "bin/python", setting.ROOT / "bench/contenders/ray_onnx.py", self.model / "model.onnx"]
            took_s = setting.wall_s([*command, *self.shape, scratch, out, actors, threads], stderr=subprocess.DEVNULL)
        if len(list(out.glob("*.png"))) != len(files):
            raise SystemExit("Ray Data lost a mask")
        return len(files) / took_s

    def said(self, actors: int, threads: int) -> str:
        return f"{actors} actors of {threads} threads"


def timed_s(contender, files: list, settings: tuple) -> float:
    """Start-up included."""
    out = setting.fresh_folder() / "out"
    began = time.perf_counter()
    contender.run(files, out, *settings)
    return time.perf_counter() - began


def best_settings(contender, sample: list) -> tuple:
    """The fastest on a few pictures."""
    speeds = {
        settings: contender.run(sample, setting.fresh_folder() / "out", *settings) for settings in contender.settings
    }
    return max(speeds, key=speeds.get)


def compared(
    name: str,
    contender,
    model: pathlib.Path,
    pictures: pathlib.Path,
    at_least: float,
    plan_at_least: float | None = None,
) -> list[dict]:
    """plan_at_least: also with the plan that `segfleet tune` finds."""
    files = sorted(pictures.iterdir())
    best = best_settings(contender, files[:16])
    plans = {"segfleet": (["--devices", "auto"], at_least)}
    if plan_at_least is not None:
        plan = tuned(model, pictures)[1]
        plans["segfleet with its tuned plan"] = (options_of(plan), plan_at_least)
    theirs, ours = [], {title: [] for title in plans}
    for options, _ in plans.values():  # fills the compiled-model cache
        setting.segfleet_s(["--model", model, *options, "--input", *files[:4]])
    for _ in range(ROUNDS):
        theirs.append(timed_s(contender, files, best))
        for title, (options, _) in plans.items():
            ours[title].append(setting.segfleet_s(["--model", model, *options, "--input", pictures]))
    count = f"{len(files)} images"
    rows = [row(f"{name}, {count}", statistics.median(theirs), "s", note=contender.said(*best))]
    for title, (options, asked) in plans.items():
        rows.append(row(f"{name}: {title}, {count}", statistics.median(ours[title]), "s", note=" ".join(options)))
        ratio = median_ratio(theirs, ours[title])
        rows.append(row(f"{name}: {title}, times faster, {count}", ratio, "ratio", at_least=asked))
    return rows


def scheme1() -> list[dict]:
    """PaddleSeg gives masks of the network's size here, as its infer.py does; segfleet of the picture's."""
    model, pictures = setting.liteseg(), setting.pictures(images(256), 2048, 1024)
    return compared("scheme 1", StaticParts(model, "network"), model, pictures, 1.6, plan_at_least=2.8)


def scheme2() -> list[dict]:
    """Likewise."""
    model, pictures = setting.liteseg(), setting.pictures(images(256), 2048, 1024)
    return compared("scheme 2", PoolOfBatches(model, "network"), model, pictures, 1.6)


def softmax19() -> list[dict]:
    """Scores of 19 classes to labels at the picture's size, PaddleSeg by its own reverse_transform and argmax."""
    model, pictures = setting.network("liteseg", "softmax"), setting.pictures(images(32), 2048, 1024)
    return compared("softmax, 19 classes", StaticParts(model, "original"), model, pictures, 4)


def ray() -> list[dict]:
    model, pictures = setting.liteseg(), setting.pictures(images(256), 2048, 1024)
    return compared("Ray Data", RayData(model, 512, 1024), model, pictures, 1.2)


CASES = {f.__name__: f for f in (scheme1, scheme2, softmax19, ray)}
