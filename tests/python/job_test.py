# SPDX-License-Identifier: Apache-2.0
"""segfleet.run() and its neighbours: the commands as functions, with their errors as exceptions."""

import subprocess
import sys

import cv2
import pytest
import segfleet
from fleet_fixture import picture, write_package
from segfleet import errors


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_package(tmp_path)
    (tmp_path / "pictures").mkdir()
    for seed in range(5):
        cv2.imwrite(str(tmp_path / "pictures" / f"{seed}.png"), picture(seed, red=0))
    return tmp_path


def run(place, engine="Bright", **options):
    return segfleet.run("model", "pictures", "out", **{"devices": "cpu", "engine": f"own_engine:{engine}", **options})


def test_it_writes_the_masks_and_returns_the_counts(place):
    events = []
    ended = run(place, on_event=events.append, outputs=["mask", "overlay"])
    assert (ended["done"], ended["failed"], ended["exit_status"]) == (5, 0, 0)
    assert events[0]["event"] == "started"
    assert sum(event["event"] == "item" for event in events) == 5
    assert sorted(path.name for path in (place / "out" / "overlays").iterdir()) == [f"{seed}.jpg" for seed in range(5)]


def test_several_inputs_and_options_with_values(place):
    ended = segfleet.run(
        "model",
        [place / "pictures" / "1.png", place / "pictures" / "2.png"],
        place / "out",
        devices="cpu",
        engine="own_engine:Bright",
        engine_option={"a": "1", "b": "x=y"},
        names="full",
        restart=True,
        resume=False,
    )
    assert ended["done"] == 2
    assert (place / "out" / "masks" / "1.png.png").exists()


def test_failed_pictures_are_counted_and_are_no_exception(place):
    cv2.imwrite(str(place / "pictures" / "bad.png"), picture(9, red=254))
    ended = run(place, "Faulty")
    assert (ended["done"], ended["failed"], ended["exit_status"]) == (5, 1, 3)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"engine": "NoLoad"}, errors.EngineError, "the licence has run out"),
        ({"devices": "gpu:7"}, errors.DeviceUnknown, "gpu:7"),
        ({"frobnicate": 1}, errors.InvalidArgument, "frobnicate"),
        ({"batch": 0}, errors.InvalidArgument, "batch"),
    ],
)
def test_a_run_that_fails_raises_its_error(place, options, kind, words):
    with pytest.raises(kind, match=words):
        run(place, **options)


def test_tune_finds_a_plan_that_run_takes(place):
    events = []
    tuned = segfleet.tune(
        "model",
        "pictures",
        "plan.yaml",
        budget="60s",
        cache=place / "cache",
        engine="own_engine:Bright",
        devices=["cpu"],
        workers_per_device=1,
        batch=[1, 2],
        lanes=1,
        precision="fp32",
        on_event=events.append,
    )
    assert len(events[0]["plans"]) == 2
    assert tuned["recommended"]["plan"]["engine"] == "own_engine:Bright"
    notes = []
    ended = segfleet.run("model", "pictures", "out", plan="plan.yaml", on_event=notes.append)
    assert ended["done"] == 5
    assert notes[0]["event"] == "note"
    assert "plan.yaml" in notes[0]["text"]


def test_a_search_that_fails_raises_its_error(place):
    with pytest.raises(errors.DeviceUnknown, match="gpu:7"):
        segfleet.tune("model", "pictures", cache=place / "cache", engine="own_engine:Bright", devices="gpu:7")


@pytest.mark.parametrize(
    "words", [("model", "a\0b", "out"), ("a\0b", "pictures", "out"), ("model", "pictures", "a\0b")]
)
def test_a_name_with_a_nul_byte_is_refused_in_words(place, words):
    with pytest.raises(errors.InvalidArgument, match="a.x00b' has a NUL byte"):
        segfleet.run(*words)
    with pytest.raises(errors.InvalidArgument, match="a.x00b' has a NUL byte"):
        segfleet.report("a\0b")


def test_a_missing_model_is_not_found(place):
    with pytest.raises(FileNotFoundError):
        segfleet.run("none", "pictures", "out")


def test_the_command_of_the_package_is_the_native_program(place):
    version = subprocess.run(
        [sys.executable, "-m", "segfleet", "--version"], capture_output=True, text=True, check=True
    )
    assert version.stdout.strip() == f"segfleet {segfleet.__version__}"


def test_ctrl_c_drains_the_run_and_the_same_call_goes_on(place):
    for seed in range(5, 25):
        cv2.imwrite(str(place / "pictures" / f"{seed}.png"), picture(seed, red=0))

    script = (
        "import os, signal, segfleet, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "first = []\n"
        "def on_event(event):\n"
        "    if event['event'] == 'item' and not first:\n"
        "        first.append(event)\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "try:\n"
        "    segfleet.run('model', 'pictures', 'out', devices='cpu', engine='own_engine:Slow', on_event=on_event)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(42)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=120).returncode == 42
    ended = run(place, "Slow", resume=True)
    assert ended["skipped"] > 0
    assert ended["skipped"] + ended["done"] == 25


def test_a_report_gives_the_figures_and_writes_the_page(place):
    run(place)
    facts = segfleet.report("out", html=place / "page.html", trace=place / "trace.json")
    assert (facts["done"], facts["run"]["id"]) == (5, 1)
    assert facts["html"] == str(place / "page.html")
    assert "<html" in (place / "page.html").read_text()
    assert (place / "trace.json").exists()
    assert segfleet.report(place / "out", run=1)["limit"] == facts["limit"]
    with pytest.raises(errors.NotFound, match="knows no run 7"):
        segfleet.report("out", run=7)
    with pytest.raises(errors.NotFound, match="ledger.sqlite does not exist"):
        segfleet.report("nowhere")
