# SPDX-License-Identifier: Apache-2.0
"""Where the benchmarks find programs, and the pictures and networks that they make for themselves."""

import atexit
import functools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
OUT = ROOT / "out" / "bench"
RELEASE = ROOT / "build" / "release"
SEGFLEET = RELEASE / "bin" / "segfleet"
RAW_OPENVINO = RELEASE / "bench" / "raw_openvino"
RAW_ENGINE = RELEASE / "bin" / "raw_engine"
RESTORE_LOOP = RELEASE / "bench" / "restore_loop"
DISPATCH_BENCH = RELEASE / "bench" / "dispatch_bench"
STAGES = RELEASE / "bin" / "stages"
DEMO_MODEL = ROOT / "models" / "demo"
# Every contender inherits them: `taskset -c 0,1 ./dev bench` measures on two.
CORES = sorted(os.sched_getaffinity(0))


@functools.cache
def _results() -> pathlib.Path:
    root = pathlib.Path(tempfile.mkdtemp(prefix="results-", dir=OUT))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


def fresh_folder() -> pathlib.Path:
    """For one run's results, removed when the whole benchmark ends, not before the next round.

    ext4 without a journal passes over the inodes of files that were deleted in the last minutes, one by one, whenever
    a file is made: after a few rounds that took 40 % of the workers' processor time.
    """
    return pathlib.Path(tempfile.mkdtemp(dir=_results()))


def scenes(count: int, width: int, height: int, suffix: str = "jpg") -> pathlib.Path:
    """Generated pictures of one size in images/, their labels as PNGs in labels/; made once."""
    folder = OUT / f"scenes-{count}-{width}x{height}-{suffix}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=OUT) as scratch:
            command = [ROOT / ".venv/bin/python", ROOT / "tools/make_scenes.py", "--output", scratch]
            command += [
                "--count",
                str(count),
                "--size",
                f"{width}x{height}",
                "--seed",
                "1",
                "--format",
                suffix,
            ]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            folder.mkdir()
            (pathlib.Path(scratch) / "labels").rename(folder / "labels")
            (pathlib.Path(scratch) / "images").rename(folder / "images")
    return folder


def pictures(count: int, width: int, height: int, suffix: str = "jpg") -> pathlib.Path:
    return scenes(count, width, height, suffix) / "images"


def many(folder: pathlib.Path, times: int) -> pathlib.Path:
    """The folder's pictures under as many names, as hard links; made once."""
    target = OUT / f"{folder.parent.name}-{folder.name}-times-{times}"
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=OUT) as scratch:
            for i in range(times):
                shutil.copytree(folder, pathlib.Path(scratch) / "all" / str(i), copy_function=os.link)
            (pathlib.Path(scratch) / "all").rename(target)
    return target


def first_folder(folder: pathlib.Path) -> pathlib.Path:
    """Of what many() gives, one copy; else the folder itself."""
    inside = folder / "0"
    return inside if inside.is_dir() else folder


def tiny_model() -> pathlib.Path:
    """A package without Resize, 64x64; only the simulated engine can take it: the graph is the demo's."""
    folder = OUT / "tiny_model"
    folder.mkdir(exist_ok=True)
    shutil.copy(DEMO_MODEL / "model.onnx", folder / "model.onnx")
    (folder / "deploy.yaml").write_text(
        "Deploy:\n  model: model.onnx\n  input_shape: [-1, 3, 64, 64]\n  output_dtype: int32\n"
        "  output_op: argmax\n  transforms:\n  - type: Normalize\n"
    )
    return folder


def network(name: str, op: str = "argmax") -> pathlib.Path:
    """One of export_network.py's, exported once by PaddleSeg's own code; Paddle's own files are in paddle/."""
    folder = OUT / f"network-{name}-{op}"
    if not (folder / "deploy.yaml").exists():
        command = [ROOT / ".venv-train/bin/python", ROOT / "bench/export_network.py", name, folder, op]
        # The exporter leaves files of its own where it is run.
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=OUT)
    return folder


def liteseg() -> pathlib.Path:
    return network("liteseg")


def wall_s(command: list, **options) -> float:
    """Of a program that must end well, its start included."""
    start = time.perf_counter()
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL, **options)
    return time.perf_counter() - start


def segfleet_s(arguments: list) -> float:
    """Of `segfleet run` into a folder of its own, the program's start included."""
    return wall_s([SEGFLEET, "run", "--quiet", "--output", fresh_folder() / "result", *arguments])


def segfleet(arguments: list) -> dict:
    """Runs `segfleet run` into a folder of its own; gives the closing event."""
    return segfleet_events(arguments)[-1]


def segfleet_events(arguments: list, output: pathlib.Path | None = None) -> list[dict]:
    """The same, with the results in `output` where it is given; gives all events."""
    command = [SEGFLEET, "run", "--json", "--output", output or fresh_folder() / "result", *arguments]
    run = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    if run.returncode != 0:
        raise SystemExit(f"segfleet run ended with {run.returncode}: {events[-1:]}")
    return events


def raw(
    program: pathlib.Path, graph: pathlib.Path, height: int, width: int, precision: str, images: int, one_core=False
) -> float:
    """Images a second of a raw loop on all cores, or on the first. RAW_OPENVINO takes a graph, RAW_ENGINE a package."""
    n = 1 if one_core else len(CORES)
    command = [program, graph, height, width, n, n, precision, images]
    if one_core:
        command = ["taskset", "-c", CORES[0], *command]
    run = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout)["images_per_s"]


def restore_ms(classes: int, source: tuple, target: tuple, result: str, repeats: int) -> float:
    """Median processor time of one restore on one thread. Sizes are (height, width); result: labels or confidence."""
    command = [RESTORE_LOOP, classes, *source, *target, result, repeats]
    run = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout)["median_ms"]


def dispatch_bench(case: str) -> dict:
    return json.loads(subprocess.run([DISPATCH_BENCH, case], stdout=subprocess.PIPE, text=True, check=True).stdout)


def import_ms() -> float:
    """Wall time of `import segfleet` in an interpreter that has imported NumPy."""
    program = "import numpy, time; start = time.perf_counter(); import segfleet; print(time.perf_counter() - start)"
    environment = os.environ | {"PYTHONPATH": str(RELEASE / "python")}
    command = [ROOT / ".venv/bin/python", "-c", program]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return float(run.stdout) * 1e3
