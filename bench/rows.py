# SPDX-License-Identifier: Apache-2.0
"""What a benchmark gives: rows, made from several rounds."""

import statistics

ROUNDS = 5


def median_ratio(over: list[float], under: list[float]) -> float:
    """Of the pairs of each round, so that the machine's mood falls out."""
    return statistics.median(o / u for o, u in zip(over, under, strict=True))


def row(name: str, value: float, unit: str, at_least: float | None = None, at_most: float | None = None) -> dict:
    return {"name": name, "value": value, "unit": unit, "at_least": at_least, "at_most": at_most}
