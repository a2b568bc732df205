# SPDX-License-Identifier: Apache-2.0
"""The dispatcher in virtual time against a computed bound (dispatch_bench.cc states it), and its own cost."""

import statistics

import setting
from rows import ROUNDS, row


def makespan(case: str) -> float:
    """Over the bound; the program fails where an item is lost or a promise is broken."""
    world = setting.dispatch_bench(case)
    return world["makespan_s"] / world["bound_s"]


def dispatch() -> list[dict]:
    events = [setting.dispatch_bench("events") for _ in range(ROUNDS)]
    return [
        row("1,024 equal devices, 10 ms batches: bound / makespan", 1 / makespan("equal"), "ratio", at_least=0.99),
        row("speeds 1:2:4:8, lognormal costs: makespan / bound", makespan("speeds"), "ratio", at_most=1.05),
        row("one of four slows tenfold half-way: makespan / bound", makespan("slows"), "ratio", at_most=1.08),
        row("one of four dies half-way: makespan / bound", makespan("dies"), "ratio", at_most=1.08),
        row("last item 50 x the median: makespan / (bound + its time)", makespan("costly_last"), "ratio", at_most=1),
        row(
            "dispatcher on one core, 1,024 devices",
            statistics.median(run["events"] / run["cpu_s"] / 1e6 for run in events),
            "M/s",
            at_least=1,
        ),
    ]


def dispatch_huge() -> list[dict]:
    """10,000 devices of which 100 die, 10 million items, every promise checked after every event."""
    world = setting.dispatch_bench("huge")
    return [
        row("10,000 devices, 10 million items: makespan / bound", world["makespan_s"] / world["bound_s"], "ratio"),
        row("10,000 devices, 10 million items: processor time", world["cpu_s"], "s"),
    ]


CASES = {f.__name__: f for f in (dispatch, dispatch_huge)}
