# SPDX-License-Identifier: Apache-2.0
"""out/bench/history.jsonl: a line for each run, so that what has become slower shows."""

import json
import pathlib
import statistics

from rows import more_is_better

LAST_RUNS = 5
WORSE_BY = 1.10


def read(path: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def append(path: pathlib.Path, result: dict) -> None:
    with path.open("a") as file:
        file.write(json.dumps(result) + "\n")


def regressions(past: list[dict], result: dict) -> list[str]:
    """A sentence for each row that is worse by more than a tenth than the median of its last runs on this processor."""
    same = [run for run in past if (run["processor"], run["cores"]) == (result["processor"], result["cores"])]
    said = []
    for row in result["rows"]:
        better = more_is_better(row)
        values = [old["value"] for run in same for old in run["rows"] if old["name"] == row["name"]][-LAST_RUNS:]
        if better is None or not values:
            continue
        before = statistics.median(values)
        worse = row["value"] * WORSE_BY < before if better else row["value"] > before * WORSE_BY
        if worse:
            said.append(f"{row['name']}: {row['value']:.3f} {row['unit']}, was {before:.3f} (median of {len(values)})")
    return said
