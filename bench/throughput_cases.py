# SPDX-License-Identifier: Apache-2.0
"""`segfleet run` against the raw engine, network by network. docs/benchmarks.md says what each number includes."""

import dataclasses
import pathlib
import statistics

import setting
import stage_costs
from rows import ROUNDS, median_ratio, row


@dataclasses.dataclass
class Job:
    title: str
    model: pathlib.Path
    height: int  # of the network's input
    width: int
    pictures: pathlib.Path
    precision: str = "fp32"
    at_least: float | None = None  # against the raw engine

    @property
    def count(self) -> int:
        return sum(1 for path in self.pictures.rglob("*") if path.is_file())


def has_bf16() -> bool:
    with open("/proc/cpuinfo") as cpuinfo:
        return "avx512_bf16" in cpuinfo.read()


def throughput(job: Job) -> list[dict]:
    """Contenders take turns: the raw engine loop as exported, segfleet's engine in a loop, a whole run."""
    arguments = ["--model", job.model, "--input", job.pictures, "--devices", "auto", "--precision", job.precision]
    setting.segfleet(arguments)  # fills the compiled-model cache and the page cache
    beside_ms = stage_costs.picture_ms(job.model, setting.first_folder(job.pictures))
    raw, own, steady, whole, bound = [], [], [], [], []
    size = (job.height, job.width, job.precision, job.count)
    for _ in range(ROUNDS):
        raw.append(setting.raw(setting.RAW_OPENVINO, job.model / "model.onnx", *size))
        own.append(setting.raw(setting.RAW_ENGINE, job.model, *size))
        end = setting.segfleet(arguments)
        steady.append(end["done"] / (end["wall_s"] - end["engine_load_s"]))
        whole.append(end["done"] / end["wall_s"])
        bound.append(stage_costs.bound(beside_ms, own[-1]))
    name = f"{job.title} {job.precision}"
    return [
        row(f"{name}: raw loop, the graph as exported", statistics.median(raw), "images/s"),
        row(f"{name}: raw loop, segfleet's engine", statistics.median(own), "images/s"),
        row(f"{name}: bound by the stages' costs", statistics.median(bound), "images/s"),
        row(f"{name}: segfleet run, after load", statistics.median(steady), "images/s"),
        row(f"{name}: segfleet run, all included", statistics.median(whole), "images/s"),
        row(f"{name}: stages beside the engine, one thread", beside_ms, "ms"),
        row(f"{name}: all included / raw, as exported", median_ratio(whole, raw), "ratio", at_least=job.at_least),
        row(f"{name}: after load / raw, as exported", median_ratio(steady, raw), "ratio"),
        row(f"{name}: after load / raw, segfleet's engine", median_ratio(steady, own), "ratio", at_least=job.at_least),
        row(f"{name}: after load / bound", median_ratio(steady, bound), "ratio", at_least=0.97),
    ]


def liteseg(precision: str, at_least: float) -> list[dict]:
    pictures = setting.pictures(64, 2048, 1024)
    return throughput(Job("PP-LiteSeg", setting.liteseg(), 512, 1024, pictures, precision, at_least))


def throughput_fp32() -> list[dict]:
    return liteseg("fp32", 0.90)


def throughput_bf16() -> list[dict]:
    return liteseg("bf16", 0.80) if has_bf16() else []


def unet() -> list[dict]:
    return throughput(
        Job("UNet", setting.network("unet"), 256, 256, setting.pictures(32, 256, 256), "fp32", at_least=0.96)
    )


def mobileseg() -> list[dict]:
    pictures = setting.pictures(256, 512, 512, "png")
    return throughput(Job("MobileSeg", setting.network("mobileseg"), 512, 512, pictures, "fp32", at_least=0.90))


def humanseg() -> list[dict]:
    pictures = setting.many(setting.pictures(256, 512, 512), 8)
    return throughput(Job("PP-HumanSeg-Lite", setting.network("humanseg"), 192, 192, pictures))


CASES = {f.__name__: f for f in (throughput_fp32, throughput_bf16, unet, mobileseg, humanseg)}
