# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks say of their figures: regressions, the plot, the scale model. Nothing is measured."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import gpu_cases  # noqa: E402
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


def look(elapsed_s: float, done: int, utilization: float | None = None, memory_bytes: int | None = None) -> dict:
    device = {"utilization": utilization, "memory_used_bytes": memory_bytes, "batch": 8}
    return {"event": "progress", "elapsed_s": elapsed_s, "done": done, "devices": [device]}


RUN = [
    {"event": "started", "elapsed_s": 0, "done": 0, "devices": []},
    look(5, 10, 0.1, 9 << 20),  # load and search
    {"event": "item", "input": "a"},
    look(9, 100, 0.6, 3 << 20),
    look(10, 150, 0.8, 4 << 20),
    look(11, 200, 0.7, 4 << 20) | {"event": "ended"},
]


def test_of_a_run_on_a_card_the_later_half_counts_in_which_nothing_is_loaded_or_searched_for():
    assert gpu_cases.later_half(RUN) == {"images_per_s": 50, "busy": 0.7, "memory_bytes": 4 << 20, "batch": 8}


def test_a_run_too_short_to_tell_is_no_figure():
    with pytest.raises(ValueError, match="take more pictures"):
        gpu_cases.later_half([RUN[0], RUN[-1]])


def test_rows_of_a_card_compare_with_the_engine_alone_and_leave_out_what_no_monitor_told():
    alone = {"whole": 40, "compute": 80}
    rows = {row["name"]: row for row in gpu_cases.rows_of("default", gpu_cases.later_half(RUN), alone)}
    assert rows["gpu: default, later half / raw loop, copies included"]["value"] == 1.25
    assert rows["gpu: default, later half / raw loop, compute alone"]["value"] == 0.625
    assert rows["gpu: default, card busy"]["value"] == 0.7
    assert rows["gpu: default, memory on the card"]["value"] == 4
    unknown = [look(1, 1), look(2, 2)]
    assert len(gpu_cases.rows_of("default", gpu_cases.later_half(unknown), alone)) == 3


def test_a_run_decoded_on_the_card_is_set_against_the_cpus_decoding(monkeypatch):
    told = {"on_card": 190, "compared": 3, "differing_share": 0.00042}
    events = [*RUN[:-1], RUN[-1] | {"nvjpeg": told}]
    monkeypatch.setattr(gpu_cases.setting, "segfleet_events", lambda words: events if words[-1] == "nvjpeg" else [])
    speed, ratio = gpu_cases.nvjpeg_rows(["--devices", "gpu:0"], 40)
    assert (speed["value"], ratio["value"]) == (50, 1.25)
    assert speed["note"] == (
        "190 of 200 pictures decoded on the card; of 3 compared, 0.042% of the pixels have another label"
    )


def test_without_nvjpeg_one_line_says_so_and_the_other_rows_stay(monkeypatch, capsys):
    def refused(words):
        raise SystemExit("segfleet run ended with 1: libnvjpeg.so.13 cannot be opened")

    monkeypatch.setattr(gpu_cases.setting, "segfleet_events", refused)
    assert gpu_cases.nvjpeg_rows([], 40) == []
    assert "--decode nvjpeg is not measured: segfleet run ended with 1: libnvjpeg" in capsys.readouterr().err


def test_without_a_card_one_line_says_so_and_there_are_no_rows(monkeypatch, capsys):
    monkeypatch.setattr(gpu_cases, "cards", lambda: [])
    assert gpu_cases.gpu() == []
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "no card" in said.err


def test_cards_are_those_that_the_engine_names(monkeypatch):
    answers = []

    def answer(command, **_):
        assert command[1:] == ["-m", "segfleet.worker", "--describe-engine", "onnxruntime"]
        return subprocess.CompletedProcess(command, 0, answers[-1])

    monkeypatch.setattr(gpu_cases.subprocess, "run", answer)
    for text, cards in [
        ('{"name": "onnxruntime", "version": "1", "devices": [{"name": "gpu:0", "description": "H"}]}\n', ["gpu:0"]),
        ('{"name": "onnxruntime", "version": "1", "devices": []}\n', []),
        ('{"error": {"code": "engine_unavailable", "message": "none"}}\n', []),
        ("", []),
    ]:
        answers.append(text)
        assert gpu_cases.cards() == cards


def test_the_raw_loop_of_a_card_runs_on_a_cpu_as_well():
    command = [sys.executable, gpu_cases.RAW, gpu_cases.setting.DEMO_MODEL / "model.onnx", "cpu", 512, 512, 1, 1]
    run = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120)
    speeds = json.loads(run.stdout)
    assert set(speeds) == {"whole", "compute"} and all(speed > 0 for speed in speeds.values())
