# SPDX-License-Identifier: Apache-2.0
"""--layout: the files of PaddleSeg's own infer.py and predict.py; --paddleseg-version; --engine auto."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image
from segfleet_cli import DEMO_MODEL, run, segfleet, tree_bytes, write_picture


@pytest.fixture
def pictures(tmp_path):
    for number, name in enumerate(["a.jpg", "sub/b.PNG", "sub/deep/c.bmp", "d.jpeg"]):
        write_picture(tmp_path / "in" / name, 70 + number, 50, seed=number)
    return tmp_path / "in"


def names(output) -> set[str]:
    return {name for name in tree_bytes(output) if name not in ("ledger.sqlite", "summary.json")}


def test_infer_writes_flat_masks_of_the_networks_size(pictures, tmp_path):
    ended = run(DEMO_MODEL, pictures, tmp_path / "out", "--layout", "infer")
    assert ended.status == 0, ended
    assert names(tmp_path / "out") == {"a.png", "b.png", "c.png", "d.png"}
    assert run(DEMO_MODEL, pictures, tmp_path / "plain", "--size", "network").status == 0
    assert (tmp_path / "out/c.png").read_bytes() == (tmp_path / "plain/masks/sub/deep/c.png").read_bytes()
    again = run(DEMO_MODEL, pictures, tmp_path / "out", "--layout", "infer")
    assert (again.last["skipped"], again.last["done"]) == (4, 0)


def test_infer_refuses_two_pictures_of_one_name_before_anything_is_written(pictures, tmp_path):
    write_picture(pictures / "sub" / "a.png")
    ended = run(DEMO_MODEL, pictures, tmp_path / "out", "--layout", "infer")
    assert ended.status == 2, ended
    assert ended.last["error"]["code"] == "output_conflict"
    assert "infer.py would overwrite" in ended.err
    assert not (tmp_path / "out").exists()


def test_infer_never_writes_where_its_pictures_lie(pictures):
    before = tree_bytes(pictures)
    ended = run(DEMO_MODEL, pictures, pictures, "--layout", "infer")
    assert ended.status != 0
    assert "choose another output folder" in ended.err
    assert tree_bytes(pictures) == before


def test_predict_writes_colours_and_overlays_under_the_pictures_own_names(pictures, tmp_path):
    out = tmp_path / "out"
    ended = run(DEMO_MODEL, pictures, out, "--layout", "predict")
    assert ended.status == 0, ended
    stems = ["a", "sub/b", "sub/deep/c", "d"]
    suffixes = [".jpg", ".PNG", ".bmp", ".jpeg"]
    expected = {f"pseudo_color_prediction/{stem}.png" for stem in stems}
    expected |= {f"added_prediction/{stem}{suffix}" for stem, suffix in zip(stems, suffixes, strict=True)}
    assert names(out) == expected
    for name, kind in [("a.jpg", "JPEG"), ("sub/b.PNG", "PNG"), ("sub/deep/c.bmp", "BMP"), ("d.jpeg", "JPEG")]:
        with Image.open(out / "added_prediction" / name) as overlay:
            assert overlay.format == kind
    for stem, suffix in [("sub/b", ".PNG"), ("sub/deep/c", ".bmp")]:  # without loss, so exact
        mask = Image.open(out / f"pseudo_color_prediction/{stem}.png")
        colours = np.array(mask.convert("RGB"))[..., ::-1]
        expected = cv2.addWeighted(cv2.imread(str(pictures / (stem + suffix))), 0.6, colours, 0.4, 0)
        assert np.array_equal(cv2.imread(str(out / f"added_prediction/{stem}{suffix}")), expected)


def test_resume_finds_a_missing_overlay_and_restart_removes_another_layouts_files(pictures, tmp_path):
    out = tmp_path / "out"
    assert run(DEMO_MODEL, pictures, out, "--layout", "predict").status == 0
    (out / "added_prediction/sub/b.PNG").unlink()
    again = run(DEMO_MODEL, pictures, out, "--layout", "predict")
    assert (again.last["skipped"], again.last["done"]) == (3, 1)
    other = run(DEMO_MODEL, pictures, out, "--layout", "infer")
    assert other.last["error"]["code"] == "resume_mismatch"
    assert "--layout was predict and is now infer" in other.err
    assert run(DEMO_MODEL, pictures, out, "--layout", "infer", "--restart").status == 0
    assert names(out) == {"a.png", "b.png", "c.png", "d.png"}


def test_predict_refuses_a_suffix_under_which_no_overlay_can_be_written(pictures, tmp_path):
    (pictures / "e.webp").write_bytes(b"x")
    ended = run(DEMO_MODEL, pictures, tmp_path / "out", "--layout", "predict")
    assert ended.last["error"]["code"] == "invalid_argument"
    assert "e.webp" in ended.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--layout", "infer", "--outputs", "mask,overlay"], "masks alone"),
        (["--layout", "infer", "--size", "original"], "leave --size out"),
        (["--layout", "infer", "--names", "full"], "leave --names full out"),
        (["--layout", "predict", "--outputs", "mask"], "mask and overlay"),
        (["--layout", "predict", "--outputs", "mask,overlay,confidence"], "mask and overlay"),
        (["--layout", "predict", "--size", "network"], "leave --size out"),
        (["--layout", "val"], "infer, predict, segfleet"),
        (["--paddleseg-version", "2.0"], "--paddleseg-version"),
        (["--paddleseg-version", "2.1", "--restore", "logits"], "--restore logits"),
        (["--paddleseg-version", "2.1", "--outputs", "confidence"], "no confidence"),
    ],
)
def test_contradictions_are_refused(pictures, tmp_path, words, said):
    ended = segfleet("run", "--model", DEMO_MODEL, "--input", pictures, "--output", tmp_path / "out", *words)
    assert ended.status == 2, ended
    assert said in ended.err
    assert not (tmp_path / "out").exists()


def scores_model(folder):
    """A graph without argmax: the colours of a picture as scores of three classes, at a small size."""
    import openvino as ov
    from openvino import opset13 as op

    picture = op.parameter([1, 3, 12, 16], np.float32)
    scores = op.multiply(picture, op.constant(np.array([1, 1.5, 0.7], np.float32).reshape(1, 3, 1, 1)))
    ov.save_model(ov.Model([scores], [picture]), folder / "model.xml", compress_to_fp16=False)
    (folder / "deploy.yaml").write_text(
        "Deploy:\n  model: model.xml\n  params: model.bin\n  output_op: none\n  output_dtype: float32\n"
        "  input_shape: [1, 3, 12, 16]\n  transforms:\n"
        "  - {type: Resize, target_size: [16, 12]}\n  - type: Normalize\n"
    )
    return folder


def test_version_2_1_enlarges_the_labels_of_a_model_that_gives_scores(pictures, tmp_path):
    (tmp_path / "model").mkdir()
    model = scores_model(tmp_path / "model")
    picture = pictures / "sub/deep/c.bmp"
    for output, words in [("new", []), ("old", ["--paddleseg-version", "2.1"]), ("small", ["--size", "network"])]:
        ended = run(model, picture, tmp_path / output, *words)
        assert ended.status == 0, ended
    new, old, small = (np.array(Image.open(tmp_path / output / "masks/c.png")) for output in ("new", "old", "small"))
    rows = (np.arange(old.shape[0]) * small.shape[0] // old.shape[0])[:, None]
    columns = (np.arange(old.shape[1]) * small.shape[1] // old.shape[1])[None, :]
    assert np.array_equal(old, small[rows, columns])
    assert (old != new).any()


def test_auto_chooses_openvino_for_onnx_without_python_and_says_so(pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGFLEET_PYTHON", "/no/python")
    ended = run(DEMO_MODEL, pictures, tmp_path / "out", "--devices", "cpu")
    assert ended.status == 0, ended
    notes = [event for event in ended.events if event["event"] == "note"]
    assert [note for note in notes if "engine openvino: OpenVINO runs an ONNX graph on cpu" in str(note)]
    engine = json.loads((tmp_path / "out/summary.json").read_text())["engine"]
    assert engine["name"] == "openvino"
    assert engine["reason"] == "OpenVINO runs an ONNX graph on cpu"
    assert run(DEMO_MODEL, pictures, tmp_path / "out", "--engine", "openvino").last["skipped"] == 4
    told = json.loads(segfleet("inspect", DEMO_MODEL, "--json").out)
    assert (told["engine"], told["converted_model"]) == ("openvino", None)
    assert told["engine_reason"].startswith("OpenVINO runs")


def test_a_paddle_3_graph_without_a_python_is_refused_with_the_mend(pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGFLEET_PYTHON", "/no/python")
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.json").write_text('{"base_code": {"magic": "pir"}}')
    (model / "model.pdiparams").write_bytes(b"x")
    (model / "deploy.yaml").write_text(
        "Deploy:\n  model: model.json\n  params: model.pdiparams\n  output_op: argmax\n  transforms:\n"
        "  - type: Normalize\n"
    )
    ended = run(model, pictures, tmp_path / "out", "--devices", "cpu")
    assert ended.last["error"]["code"] == "engine_unavailable"
    assert "only after a conversion to ONNX: Python interpreter /no/python does not exist" in ended.err
    assert not (tmp_path / "out").exists()


def test_convert_names_a_missing_interpreter(tmp_path):
    ended = segfleet("convert", tmp_path, "--python", "/no/python")
    assert ended.status == 2
    assert "/no/python does not exist" in ended.err
