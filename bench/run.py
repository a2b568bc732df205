# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmarks named (all where none is named), prints a table, writes out/bench/results.json and results.svg,
adds a line to out/bench/history.jsonl.

Exit status 1 where a figure misses what was asked of it.
"""

import datetime
import json
import platform
import re
import subprocess
import sys

import cases
import history
import plot
import setting
from rows import asked, reached


def print_table(rows: list[dict]) -> None:
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        mark = "" if asked(row) == "" else ("  ok" if reached(row) else "  MISSED")
        note = f"  ({row['note']})" if row["note"] else ""
        print(f"{row['name']:<{width}}  {row['value']:>9.3f} {row['unit']:<8}  {asked(row):<8}{mark}{note}")


def processor() -> str:
    """As the kernel names it, with family and model: virtual machines often say no more than the maker."""
    with open("/proc/cpuinfo") as cpuinfo:
        facts = dict(re.findall(r"^(model name|cpu family|model)\s*: (.*)$", cpuinfo.read(), re.MULTILINE))
    if "model name" not in facts:
        return platform.machine()
    return f"{facts['model name']}, family {facts['cpu family']}, model {facts['model']}"


def commit() -> str:
    command = ["git", "-C", setting.ROOT, "describe", "--always", "--dirty"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.strip()


def write(result: dict) -> None:
    target = setting.OUT / "results.json"
    target.write_text(json.dumps(result, indent=2) + "\n")
    target.with_suffix(".svg").write_text(plot.svg(result))
    book = setting.OUT / "history.jsonl"
    for sentence in history.regressions(history.read(book), result):
        print(f"worse than before: {sentence}")
    history.append(book, result)
    print(f"written: {target.relative_to(setting.ROOT)}, .svg and {book.relative_to(setting.ROOT)}")


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
        rows += [{"case": name, **row} for row in cases.CASES[name]()]
    if not rows:
        print("nothing to measure on this machine")
        return 0
    print_table(rows)
    write(
        {
            "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "commit": commit(),
            "processor": processor(),
            "cores": len(setting.CORES),
            "rows": rows,
        }
    )
    return 0 if all(reached(row) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
