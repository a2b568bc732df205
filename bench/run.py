# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmarks named (all where none is named), prints a table, writes out/bench/results.json.

Exit status 1 where a figure misses what was asked of it.
"""

import datetime
import json
import platform
import sys

import cases
import setting


def asked(row: dict) -> str:
    if row["at_least"] is not None:
        return f">= {row['at_least']:g}"
    return f"<= {row['at_most']:g}" if row["at_most"] is not None else ""


def reached(row: dict) -> bool:
    low = row["at_least"] is None or row["value"] >= row["at_least"]
    return low and (row["at_most"] is None or row["value"] <= row["at_most"])


def print_table(rows: list[dict]) -> None:
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        mark = "" if asked(row) == "" else ("  ok" if reached(row) else "  MISSED")
        print(f"{row['name']:<{width}}  {row['value']:>9.3f} {row['unit']:<8}  {asked(row):<8}{mark}")


def main() -> int:
    names = sys.argv[1:] or list(cases.CASES)
    unknown = [name for name in names if name not in cases.CASES]
    if unknown:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(cases.CASES)}", file=sys.stderr)
        return 2
    setting.OUT.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in names:
        print(f"== {name}", file=sys.stderr, flush=True)
        rows += cases.CASES[name]()
    print_table(rows)
    result = {
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "processor": platform.processor() or platform.machine(),
        "cores": len(setting.CORES),
        "rows": rows,
    }
    target = setting.OUT / "results.json"
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(f"written: {target.relative_to(setting.ROOT)}")
    return 0 if all(reached(row) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
