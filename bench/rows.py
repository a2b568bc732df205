# SPDX-License-Identifier: Apache-2.0
"""What a benchmark gives: rows, made from several rounds."""

import os
import statistics

ROUNDS = 5


def images(usual: int) -> int:
    """How many pictures a long case takes; SEGFLEET_BENCH_IMAGES makes it shorter, to see whether it works at all."""
    return int(os.environ.get("SEGFLEET_BENCH_IMAGES", usual))


def median_ratio(over: list[float], under: list[float]) -> float:
    """Of the pairs of each round, so that the machine's mood falls out."""
    return statistics.median(o / u for o, u in zip(over, under, strict=True))


def row(
    name: str, value: float, unit: str, at_least: float | None = None, at_most: float | None = None, note: str = ""
) -> dict:
    """`note`: what a reader must know of this figure, such as the settings that were found best."""
    return {"name": name, "value": value, "unit": unit, "at_least": at_least, "at_most": at_most, "note": note}


def asked(row: dict) -> str:
    if row["at_least"] is not None:
        return f">= {row['at_least']:g}"
    return f"<= {row['at_most']:g}" if row["at_most"] is not None else ""


def reached(row: dict) -> bool:
    low = row["at_least"] is None or row["value"] >= row["at_least"]
    return low and (row["at_most"] is None or row["value"] <= row["at_most"])


def more_is_better(row: dict) -> bool | None:
    """None: a count, neither good nor bad."""
    if row["at_most"] is not None or row["unit"] in ("us", "ms", "s", "MiB"):
        return False
    return True if row["unit"] in ("images/s", "M/s", "ratio") else None
