# SPDX-License-Identifier: Apache-2.0
"""segfleet.convert with the real Paddle and paddle2onnx: PP-HumanSeg-Lite with random weights."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import segfleet
from export_network import export
from segfleet import convert
from segfleet.conversion import cache
from segfleet.errors import InvalidArgument, ModelInvalid, ModelUnsupported


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return export("pp_humanseg_lite", tmp_path_factory.mktemp("network") / "model")


@pytest.fixture
def package(network, tmp_path):
    return shutil.copytree(network, tmp_path / "package")


@pytest.fixture(autouse=True)
def cache_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "segfleet" / "converted"


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "segfleet.convert", *map(str, arguments)], capture_output=True, text=True, timeout=300
    )


def test_a_pir_graph_becomes_an_onnx_package_that_is_made_once(package, cache_home, monkeypatch):
    (package / "classes.txt").write_text("ground\nperson\n")
    original = segfleet.load_model_package(package)
    folder = convert.to_onnx(package)
    model = segfleet.load_model_package(folder)
    assert model.format == "onnx"
    assert model.transforms == original.transforms
    assert model.input_shape == original.input_shape
    assert model.class_names == ["ground", "person"]
    assert model.warnings == []
    assert json.loads((folder / "conversion.json").read_text())["equal_share"] > 0.9995
    assert list(cache_home.iterdir()) == [folder]
    monkeypatch.setattr(convert, "_convert", None)  # a second conversion would fail
    assert convert.to_onnx(package) == folder


def test_the_command_prints_one_object_and_writes_the_folder_that_is_asked_for(package, tmp_path):
    told = command(package, "--output", tmp_path / "out", "--opset", "13", "--json")
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("\n") == 1
    report = json.loads(told.stdout)
    assert report["package"] == str(tmp_path / "out")
    assert report["opset"] == 13
    assert segfleet.load_model_package(tmp_path / "out").format == "onnx"
    again = command(package, "--output", tmp_path / "out", "--opset", "13")
    assert again.returncode == 2
    assert again.stdout == ""
    assert "not an empty folder (invalid_argument)" in again.stderr


def test_concurrent_conversions_leave_one_whole_entry(package, cache_home):
    started = [
        subprocess.Popen([sys.executable, "-m", "segfleet.convert", package], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    folders = {process.communicate(timeout=300)[0].strip() for process in started}
    assert [process.returncode for process in started] == [0, 0]
    assert [str(entry) for entry in cache_home.iterdir()] == list(folders)
    assert cache.is_sound(Path(folders.pop()))


def test_a_pdmodel_becomes_an_onnx_package(tmp_path):
    exporter = Path(__file__).parent / "export_network.py"
    subprocess.run(
        [sys.executable, exporter, "pp_humanseg_lite", tmp_path / "legacy", "--op", "softmax"],
        env={**os.environ, "FLAGS_enable_pir_api": "0"},
        check=True,
        capture_output=True,
        timeout=300,
    )
    assert not segfleet.load_model_package(tmp_path / "legacy").pir
    model = segfleet.load_model_package(convert.to_onnx(tmp_path / "legacy"))
    assert model.format == "onnx"
    assert model.output_op == "softmax"


def test_adaptive_pooling_of_open_sizes_converts_for_the_one_size_that_the_transforms_give(tmp_path):
    package = export("pp_liteseg", tmp_path / "liteseg", open_shape=True)
    config = package / "deploy.yaml"
    config.write_text(config.read_text().replace("[1024, 512]", "[256, 128]"))
    folder = convert.to_onnx(package)
    assert json.loads((folder / "conversion.json").read_text())["only_size"] == [128, 256]
    config.write_text(config.read_text().replace("[256, 128]", "[256, 128], keep_ratio: true"))
    with pytest.raises(ModelUnsupported, match="Adaptive only support static input shape"):
        convert.to_onnx(package)


def test_a_paddlex_package_stays_paddlexs(package):
    (package / "deploy.yaml").unlink()
    for name in ("json", "pdiparams"):
        (package / f"model.{name}").rename(package / f"inference.{name}")
    (package / "inference.yml").write_text(
        "Global: {model_name: PP-HumanSeg-Lite}\n"
        "Deploy: {output_op: argmax, transforms: [{type: Normalize}, {type: Resize, target_size: 192}]}\n"
    )
    original = segfleet.load_model_package(package)
    model = segfleet.load_model_package(convert.to_onnx(package))
    assert model.paddlex
    assert model.graph_path.name == "inference.onnx"
    assert model.transforms == original.transforms


def test_a_graph_that_paddle2onnx_cannot_read_leaves_nothing(package, cache_home):
    (package / "model.json").write_text('{"base_code": {}}')
    with pytest.raises(ModelUnsupported, match="paddle2onnx cannot convert .*model.json"):
        convert.to_onnx(package)
    assert list(cache_home.iterdir()) == []


def test_truncated_weights_leave_nothing(package, cache_home):
    weights = package / "model.pdiparams"
    os.truncate(weights, weights.stat().st_size // 2)
    with pytest.raises((ModelUnsupported, ModelInvalid)):
        convert.to_onnx(package)
    assert list(cache_home.iterdir()) == []


def test_a_conversion_whose_labels_differ_is_not_trusted(package, cache_home, monkeypatch):
    monkeypatch.setattr("segfleet.conversion.agreement.LEAST_EQUAL_SHARE", 1.1)
    with pytest.raises(ModelUnsupported, match=r"not trusted: only 100.0000% of the pixels have Paddle's labels"):
        convert.to_onnx(package)
    assert list(cache_home.iterdir()) == []


def test_what_is_no_paddle_graph_needs_no_conversion():
    demo = Path(__file__).parents[2] / "models/demo"
    with pytest.raises(InvalidArgument, match="it needs no conversion"):
        convert.to_onnx(demo)
    with pytest.raises(InvalidArgument, match="paddle2onnx writes 7 to 19"):
        convert.to_onnx(demo / "deploy_paddle.yaml", opset=6)
