# SPDX-License-Identifier: Apache-2.0
"""Searches that cannot be made end with the reason before anything is tried, or say what was tried."""

import resource

import pytest
from segfleet_cli import DEMO_MODEL, run, segfleet, write_pictures


@pytest.fixture
def place(tmp_path):
    write_pictures(tmp_path / "in", 3)
    return tmp_path


def tune(place, *more, **options):
    words = ["tune", "--model", DEMO_MODEL, "--input", place / "in", "--output", place / "plan.yaml"]
    return segfleet(*words, "--cache", place / "cache", "--engine", "simulated", *more, **options)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--budget", "soon"], "--budget soon"),
        (["--budget", "0s"], "between 1 s and 24 h"),
        (["--agreement", "101"], "--agreement"),
        (["--sample", "0"], "--sample"),
        (["--batch", "1,0"], "--batch"),
        (["--batch", "1,1"], "--batch has its value 2 twice"),
        (["--precision", "int3"], "--precision"),
        (["--devices", "sim:0", "--devices", "gpu:7"], "gpu:7"),
        (["--devices", "cpu:4711"], "4711"),
        (["--input", "nowhere"], "nowhere"),
        (["--batch", ",".join(map(str, range(1, 200))), "--threads", ",".join(map(str, range(1, 200)))], "1000"),
    ],
)
def test_an_impossible_search_is_a_usage_error_in_words(place, arguments, said):
    ended = tune(place, *arguments)
    assert ended.status == 2, ended
    assert said in ended.err
    assert sorted(path.name for path in place.iterdir() if path.name != "cache") == ["in"]


def test_a_folder_in_the_plans_place_is_a_usage_error(place):
    (place / "plan.yaml").mkdir()
    ended = tune(place)
    assert ended.status == 2, ended
    assert "is a folder" in ended.err


def test_a_budget_that_suffices_for_no_figure_is_an_error_that_says_so(place):
    ended = tune(place, "--devices", "sim:0", "--budget", "1s", "--engine-option", "load_ms=5000")
    assert ended.status == 2, ended
    assert "--budget 1 s did not suffice for one figure" in ended.err
    assert not (place / "plan.yaml").exists()


def test_what_fails_is_named_as_a_combination_not_as_a_file_that_is_gone(place):
    def limit_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))

    ended = tune(place, "--devices", "sim:0", "--batch", "1", preexec_fn=limit_files)
    assert ended.status == 1, ended
    assert "simulated fp32 sim:0" in ended.err
    assert f"a file of the trial in {place}: " in ended.err
    assert "File too large" in ended.err
    assert ".segfleet-tune-" not in ended.err


def test_a_budget_that_does_not_reach_for_all_says_what_was_not_tried(place):
    words = ["--devices", "sim:0", "--budget", "20s", "--engine-option", "load_ms=4000"]
    ended = tune(place, *words, "--batch", "1,2,3,4,5,6", "--workers-per-device", "1,2", "--lanes", "1,2")
    assert ended.status == 0, ended
    assert "combinations were not tried" in ended.err


@pytest.mark.parametrize(
    "text",
    ["", "nonsense: 1\n", "segfleet_plan: 1\n", "segfleet_plan: [\n", "#" * (2 << 20)],
    ids=["empty", "no plan", "half", "no YAML", "too large"],
)
def test_a_damaged_plan_is_a_usage_error_that_names_it(place, text):
    plan = place / "plan.yaml"
    plan.write_text(text)
    ended = run(DEMO_MODEL, place / "in", place / "out", "--plan", plan)
    assert ended.status == 2, ended
    assert str(plan) in ended.err


def test_a_plan_that_does_not_exist_is_a_usage_error(place):
    ended = run(DEMO_MODEL, place / "in", place / "out", "--plan", place / "nothing.yaml")
    assert ended.status == 2, ended
    assert "nothing.yaml" in ended.err
