# SPDX-License-Identifier: Apache-2.0
"""What each stage costs one thread, beside the library call that it replaces. docs/benchmarks.md says more."""

import pathlib
import statistics
import sys

import cv2
import numpy as np
import setting
import stage_costs
from PIL import Image
from rows import median_ratio, row

sys.path.append(str(setting.ROOT / "bench/stages"))
import library_calls  # noqa: E402

ROUNDS = 3
PICTURES = 8  # kStagePictures of bench/stages/inputs.h
# In the program's own units: shown in us what is far below a ms.
PROGRAM = (
    "read",
    "decode",
    "decode/half",
    "decode/library",
    "transform",
    "restore",
    "count",
    "encode",
    "encode/library",
    "overlay",
)
PROGRAM += ("overlay_jpeg", "write/1", "write/8", "write/32", "write/library", "hop", "hop/library")
PROGRAM += ("dispatch", "dispatch_messages", "dispatch_record")


def raw_labels(scenes: pathlib.Path) -> tuple[pathlib.Path, list[np.ndarray]]:
    """The scenes' true labels: what a trained network gives compresses like them. In a file, and as arrays."""
    labels = [np.asarray(Image.open(path)) for path in sorted((scenes / "labels").iterdir())[:PICTURES]]
    target = scenes / "labels.raw"
    target.write_bytes(b"".join(label.tobytes() for label in labels))
    return target, labels


def library_round(scenes: pathlib.Path, labels: list[np.ndarray]) -> dict[str, float]:
    """ms of each Python call, and the bytes of Pillow's PNGs."""
    files = sorted((scenes / "images").iterdir())[:PICTURES]
    encode_ms, encoded_bytes = library_calls.encode(labels, 1)
    return {
        "decode": library_calls.decode(files, 1),
        "decode/half": library_calls.decode(files, 1, cv2.IMREAD_REDUCED_COLOR_2),
        "transform": library_calls.transform(files, (1024, 512), 2),
        "restore": library_calls.restore([label[::2, ::2].copy() for label in labels], (2048, 1024), 2),
        "encode": encode_ms,
        "encoded_bytes": encoded_bytes,
        "overlay": library_calls.overlay(files, labels, 1),
    }


def medians(rounds: list[dict], name: str, key: str = "cpu_ms") -> float:
    return statistics.median(costs[name][key] for costs in rounds)


def stages() -> list[dict]:
    """Of pictures of 2048x1024 for PP-LiteSeg; bench/stages and the Python calls take turns."""
    scenes = setting.scenes(PICTURES, 2048, 1024)
    labels_file, labels = raw_labels(scenes)
    png_scenes = setting.scenes(PICTURES, 2048, 1024, "png")
    ours, png, theirs, theirs_png = [], [], [], []
    for _ in range(ROUNDS):
        ours.append(stage_costs.measure(setting.liteseg(), scenes / "images", PROGRAM, labels_file, rounds=1))
        theirs.append(library_round(scenes, labels))
        names = ("decode", "decode/library")
        png.append(stage_costs.measure(setting.liteseg(), png_scenes / "images", names, rounds=1))
        theirs_png.append(library_calls.decode(sorted((png_scenes / "images").iterdir()), 1))
    return (
        decode_rows("JPEG", ours, [costs["decode"] for costs in theirs], "libjpeg alone")
        + half_rows(ours, [costs["decode/half"] for costs in theirs])
        + decode_rows("PNG", png, theirs_png, "libpng's simplified API")
        + picture_rows(ours, theirs)
        + other_rows(ours)
    )


def decode_rows(name: str, ours: list[dict], cv2_ms: list[float], library: str) -> list[dict]:
    return [
        row(f"stage: decode {name} 2048x1024", medians(ours, "decode"), "ms"),
        row(f"stage: decode {name}, {library}", medians(ours, "decode/library"), "ms"),
        row(f"stage: decode {name}, cv2.imdecode", statistics.median(cv2_ms), "ms"),
    ]


def half_rows(ours: list[dict], cv2_ms: list[float]) -> list[dict]:
    """What --fast-decode does to pictures that the network takes at half of each side."""
    return [
        row("stage: decode a JPEG at half size, 2048x1024 to 1024x512", medians(ours, "decode/half"), "ms"),
        row("stage: decode a JPEG at half size, cv2.imdecode", statistics.median(cv2_ms), "ms"),
    ]


def picture_rows(ours: list[dict], theirs: list[dict]) -> list[dict]:
    """Stages beside calls of Python libraries."""
    rows = []
    for stage, title, call, asked in (
        ("transform", "resize, normalise, layout 2048x1024 to 1024x512", "OpenCV and NumPy as in PaddleSeg", 4),
        ("restore", "restore labels 1024x512 to 2048x1024", "cv2.resize", None),
        ("encode", "palette PNG 2048x1024", "Pillow's default", 4),
        ("overlay", "overlay 2048x1024", "cv2.LUT and cv2.addWeighted", None),
    ):
        call_ms = [costs[stage] for costs in theirs]
        own_ms = [costs[stage]["cpu_ms"] for costs in ours]
        rows.append(row(f"stage: {title}", statistics.median(own_ms), "ms"))
        rows.append(row(f"stage: {title}, {call}", statistics.median(call_ms), "ms"))
        rows.append(row(f"stage: {title}, times faster", median_ratio(call_ms, own_ms), "ratio", at_least=asked))
    larger = statistics.median(o["encode"]["bytes"] / t["encoded_bytes"] for o, t in zip(ours, theirs, strict=True))
    rows.append(row("stage: palette PNG 2048x1024, libpng's default", medians(ours, "encode/library"), "ms"))
    rows.append(row("stage: palette PNG 2048x1024, size / Pillow's", larger, "ratio", at_most=1.3))
    return rows


def other_rows(ours: list[dict]) -> list[dict]:
    rows = [
        row("stage: read a JPEG 2048x1024", medians(ours, "read"), "ms"),
        row("stage: count pixels of each class", medians(ours, "count"), "ms"),
        row("stage: overlay's JPEG", medians(ours, "overlay_jpeg"), "ms"),
    ]
    for group in (1, 8, 32):
        name = f"stage: write a durable mask, groups of {group}"
        rows.append(row(name, medians(ours, f"write/{group}", "real_ms"), "ms", note="by the clock"))
        rows.append(row(f"{name}, processor time", medians(ours, f"write/{group}"), "ms"))
    rows.append(row("stage: write a mask, not durable", medians(ours, "write/library", "real_ms"), "ms"))
    rows.append(row("stage: 6 MB to another process and labels back", medians(ours, "hop", "real_ms"), "ms"))
    rows.append(
        row("stage: the same through pipes", medians(ours, "hop/library", "real_ms"), "ms", note="as multiprocessing")
    )
    for stage, title in (
        ("dispatch", "the dispatcher alone, an item"),
        ("dispatch_messages", "the two messages of an item, both ends"),
        ("dispatch_record", "the ledger's row of an item"),
    ):
        rows.append(row(f"stage: {title}", medians(ours, stage) * 1e3, "us"))
    return rows


CASES = {"stages": stages}
