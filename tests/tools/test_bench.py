# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks say of their figures: regressions, the plot, the scale model. Nothing is measured."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import history  # noqa: E402
import plot  # noqa: E402
from rows import reached, row  # noqa: E402
from scale_model import Costs, Machine, predicted, turning_points  # noqa: E402


def result(*rows: dict, processor: str = "one") -> dict:
    rows = [{"case": "a case", **row} for row in rows]
    return {"when": "now", "commit": "0", "processor": processor, "cores": 2, "rows": rows}


def speeds(*values: float) -> list[dict]:
    return [result(row("speed", value, "images/s")) for value in values]


def test_a_speed_more_than_a_tenth_below_the_median_of_the_last_runs_is_a_regression():
    past = speeds(100, 100, 100)
    assert history.regressions(past, *speeds(92)) == []
    [said] = history.regressions(past, *speeds(90))
    assert "speed" in said and "100" in said


def test_only_the_last_runs_count():
    assert history.regressions(speeds(500, 500, 500, 500, 100, 100, 100, 100, 100), *speeds(95)) == []


def test_of_a_time_less_is_better():
    past = [result(row("time", 10, "ms"))]
    assert history.regressions(past, result(row("time", 5, "ms"))) == []
    assert history.regressions(past, result(row("time", 11.5, "ms"))) != []


def test_a_ratio_that_shall_stay_below_a_limit_is_better_where_it_is_less():
    past = [result(row("size", 1.0, "ratio", at_most=1.3))]
    assert history.regressions(past, result(row("size", 0.8, "ratio", at_most=1.3))) == []
    assert history.regressions(past, result(row("size", 1.2, "ratio", at_most=1.3))) != []


def test_another_processor_is_not_compared():
    assert history.regressions(speeds(100), result(row("speed", 50, "images/s"), processor="other")) == []


def test_the_history_holds_what_was_appended(tmp_path):
    book = tmp_path / "history.jsonl"
    assert history.read(book) == []
    for run in speeds(1, 2):
        history.append(book, run)
    assert history.read(book) == speeds(1, 2)


def test_a_figure_misses_what_was_asked():
    assert reached(row("x", 0.9, "ratio", at_least=0.9)) and not reached(row("x", 0.89, "ratio", at_least=0.9))
    assert reached(row("x", 20, "us", at_most=20)) and not reached(row("x", 21, "us", at_most=20))


def test_the_plot_is_an_svg_with_a_bar_for_each_row():
    rows = [row("a < b", 2, "images/s"), row("ratio", 0.5, "ratio", at_least=0.9), row("none", 0, "", at_most=0)]
    root = ElementTree.fromstring(plot.svg(result(*rows)))
    assert len(root.findall("{http://www.w3.org/2000/svg}rect")) == 1 + len(rows)


COSTS = Costs({"decode": 8, "encode": 2}, coordinator_us=20, input_bytes=500_000, output_bytes=100_000)


@pytest.mark.parametrize(
    ("machine", "images_per_s", "limit"),
    [
        (Machine(8, 100, 64), 800, "cards"),
        (Machine(8, 100, 4), 4 / 0.01002, "cores (decode)"),
        (Machine(8, 100, 64, disk_bytes_per_s=60e6), 100, "disk"),
        (Machine(8, 100, 64, durable_files_per_s=300), 300, "disk"),
        (Machine(8, 100, 64, network_bytes_per_s=125e6), 250, "network"),
        # Pictures that come over the network are not read from the disk.
        (Machine(8, 100, 64, disk_bytes_per_s=60e6, network_bytes_per_s=1e9), 600, "disk"),
        (Machine(1000, 100, 10000), 50_000, "coordinator"),
    ],
)
def test_the_slowest_resource_sets_the_pace(machine, images_per_s, limit):
    assert predicted(COSTS, machine) == (pytest.approx(images_per_s), limit)


def test_at_a_turning_point_the_cards_and_the_cores_are_as_fast():
    cores = 8 * turning_points(COSTS, 8, 100)["cores for each card"]
    assert predicted(COSTS, Machine(8, 100, cores * 1.01))[1] == "cards"
    assert predicted(COSTS, Machine(8, 100, cores * 0.99))[1] == "cores (decode)"
