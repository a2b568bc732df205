# SPDX-License-Identifier: Apache-2.0
"""`--engine auto` and `segfleet convert` with the real Paddle: a PIR graph is converted on demand, once."""

import json
import sys

import pytest
import segfleet as package
from export_network import export
from segfleet_cli import run, segfleet, write_pictures


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return export("pp_humanseg_lite", tmp_path_factory.mktemp("network") / "model")


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SEGFLEET_PYTHON", sys.executable)


def notes(ended) -> str:
    return " ".join(str(event) for event in ended.events if event["event"] == "note")


def test_a_pir_graph_is_converted_once_and_the_job_stays_the_originals(network, tmp_path):
    write_pictures(tmp_path / "in", 3)
    words = (network, tmp_path / "in", tmp_path / "out", "--devices", "cpu")
    first = run(*words)
    assert first.status == 0, first
    assert "converting" in notes(first)
    assert "a Paddle 3 (PIR) graph on cpu, converted to ONNX" in notes(first)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["engine"]["name"] == "openvino"
    assert summary["engine"]["converted_model"].startswith(str(tmp_path / "cache"))
    assert summary["model"]["fingerprint"] == package.load_model_package(network).fingerprint
    write_pictures(tmp_path / "in", 4)
    again = run(*words)
    assert again.status == 0, again
    assert "converting" not in notes(again)
    assert again.last["done"] + again.last["skipped"] == 4
    told = json.loads(segfleet("inspect", network, "--json").out)
    assert told["converted_model"] == summary["engine"]["converted_model"]
    assert told["fingerprint"] == summary["model"]["fingerprint"]


def test_a_graph_that_cannot_be_converted_goes_to_paddle_whose_word_is_the_last(network, tmp_path):
    write_pictures(tmp_path / "in", 1)
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in network.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    (broken / "model.json").write_text('{"base_code": {}}')
    ended = run(broken, tmp_path / "in", tmp_path / "out", "--devices", "cpu")
    assert ended.status == 1
    assert "engine paddle" in notes(ended) and "paddle2onnx cannot convert" in notes(ended)
    assert ended.last["error"]["code"] == "model_invalid"


def test_the_command_convert_hands_over(network, tmp_path):
    ended = segfleet("convert", network, "--output", tmp_path / "onnx", "--json")
    assert ended.status == 0, ended
    assert json.loads(ended.out)["package"] == str(tmp_path / "onnx")
    again = segfleet("convert", network, "--output", tmp_path / "onnx")
    assert (again.status, again.out) == (2, "")
    assert "not an empty folder" in again.err
