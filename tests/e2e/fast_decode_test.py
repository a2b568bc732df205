# SPDX-License-Identifier: Apache-2.0
"""`segfleet run --fast-decode`: labels at the picture's own size, from a picture of which less was decoded; and what
the summary, the ledger, the events and the report say of the difference."""

import json
import os

import cv2
import numpy as np
import pytest
from PIL import Image
from segfleet_cli import DEMO_MODEL, copy_demo_model, ledger_rows, run, segfleet, tree_bytes, write_picture

NOISE = np.random.default_rng(7)


def write_jpeg(path, width: int, height: int, seed: int, orientation: int | None = None):
    """Shapes with sharp edges, a little noise: reduced scale changes some labels, and not all."""
    picture = cv2.imread(str(write_picture(path.with_suffix(".png"), width, height, seed)))
    path.with_suffix(".png").unlink()
    noise = NOISE.integers(-25, 26, picture.shape)
    picture = np.clip(picture.astype(int) + noise, 0, 255).astype(np.uint8)
    options = {}
    if orientation:
        options["exif"] = Image.Exif()
        options["exif"][0x0112] = orientation
    Image.fromarray(picture).save(path, quality=92, **options)
    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """The demo network takes 512x512: a half, a quarter, turned, an odd size; and two of which all is needed."""
    folder = tmp_path_factory.mktemp("pictures")
    write_jpeg(folder / "a_half.jpg", 1024, 1024, 1)
    write_jpeg(folder / "b_quarter.jpg", 2048, 2048, 2)
    write_jpeg(folder / "c_turned.jpg", 1200, 1030, 3, orientation=6)
    write_jpeg(folder / "d_odd.jpg", 1025, 1027, 4)
    write_jpeg(folder / "e_too_low.jpg", 2048, 1023, 5)
    write_picture(folder / "f.png", 1024, 1024, 6)
    return folder


REDUCED = {"a_half": 2, "b_quarter": 4, "c_turned": 2, "d_odd": 2}
FLAGS = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}


def masks(output) -> dict[str, np.ndarray]:
    return {path.stem: np.asarray(Image.open(path)) for path in sorted((output / "masks").iterdir())}


@pytest.fixture(scope="module")
def jobs(pictures, tmp_path_factory):
    """Outputs of the same job without and with --fast-decode, and how the latter ended."""
    folder = tmp_path_factory.mktemp("jobs")
    assert run(DEMO_MODEL, pictures, folder / "full").status == 0
    ended = run(DEMO_MODEL, pictures, folder / "fast", "--fast-decode")
    assert ended.status == 0, ended
    return folder / "full", folder / "fast", ended


def test_masks_have_the_pictures_own_size(jobs):
    full, fast, _ = jobs
    expected, got = masks(full), masks(fast)
    assert {name: mask.shape for name, mask in got.items()} == {name: mask.shape for name, mask in expected.items()}
    assert got["c_turned"].shape == (1200, 1030)
    sizes = "SELECT stem, width, height FROM items ORDER BY stem"
    assert ledger_rows(fast, sizes) == ledger_rows(full, sizes)


def test_what_does_not_profit_keeps_every_byte(jobs):
    full, fast, _ = jobs
    expected, got = tree_bytes(full / "masks"), tree_bytes(fast / "masks")
    assert {name for name in got if got[name] == expected[name]} >= {"e_too_low.png", "f.png"}
    assert any(got[f"{name}.png"] != expected[f"{name}.png"] for name in REDUCED)


def test_labels_are_those_of_the_picture_that_libjpeg_reduces(pictures, jobs, tmp_path):
    for name, times in REDUCED.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), cv2.imread(str(pictures / f"{name}.jpg"), FLAGS[times]))
    small = tmp_path / "small"
    assert run(DEMO_MODEL, tmp_path / "*.png", small, "--size", "network").status == 0
    network = tmp_path / "network"
    assert run(DEMO_MODEL, pictures, network, "--size", "network", "--fast-decode").status == 0
    got, expected = masks(network), masks(small)
    for name in REDUCED:
        assert np.array_equal(got[name], expected[name]), name


def test_the_share_that_is_told_is_the_share_that_differs(jobs):
    full, fast, ended = jobs
    effect = ended.last["fast_decode"]
    assert effect["reduced"] == len(REDUCED)
    assert effect["compared"] == 1
    name = os.path.basename(effect["worst_input"]).removesuffix(".jpg")
    assert name in REDUCED
    differing = np.mean(masks(full)[name] != masks(fast)[name])
    assert 0 < differing < 1
    assert effect["differing_share"] == effect["worst_share"] == pytest.approx(differing, abs=1e-12)
    assert json.loads((fast / "summary.json").read_text())["fast_decode"] == effect
    assert ledger_rows(fast, "SELECT key FROM meta WHERE key LIKE 'fast_decode%'") == [("fast_decode.1",)]
    assert json.loads((full / "summary.json").read_text())["fast_decode"] is None


def test_the_report_says_how_labels_change(jobs, tmp_path):
    full, fast, ended = jobs
    said = segfleet("report", fast, "--html", tmp_path / "fast.html")
    assert said.status == 0, said
    sentence = "Fast decode: 4 of 6 images were decoded at a reduced scale; of 1 of them, also decoded in full, "
    assert sentence in said.out
    facts = json.loads(segfleet("report", fast, "--json", "--html", tmp_path / "fast.html").out)
    assert facts["fast_decode"].pop("sentence") in said.out
    assert facts["fast_decode"] == ended.last["fast_decode"]
    assert facts["run"]["options"]["fast_decode"] is True
    assert sentence in (tmp_path / "fast.html").read_text()
    other = segfleet("report", full, "--html", tmp_path / "full.html")
    assert "Fast decode" not in other.out


def test_the_summary_for_people_has_it(pictures, tmp_path):
    words = ["--model", DEMO_MODEL, "--input", pictures / "a_half.jpg", "--output", tmp_path / "o"]
    ended = segfleet("run", *words, "--fast-decode")
    assert ended.status == 0, ended
    assert "Fast decode: 1 of 1 images were decoded at a reduced scale; of 1 of them" in ended.out


def test_one_folder_does_not_mix_both(pictures, jobs):
    full, fast, _ = jobs
    for output, more, said in (
        (full, ["--fast-decode"], "--fast-decode was not set and is now yes"),
        (fast, [], "--fast-decode was yes and is now not set"),
    ):
        ended = run(DEMO_MODEL, pictures, output, *more)
        assert ended.last["error"]["code"] == "resume_mismatch"
        assert said in ended.last["error"]["message"]


def test_a_job_without_any_that_profits_says_so_once(pictures, tmp_path):
    ended = run(DEMO_MODEL, [pictures / "e_too_low.jpg", pictures / "f.png"], tmp_path / "o", "--fast-decode")
    assert ended.status == 0, ended
    notes = [event["text"] for event in ended.events if event["event"] == "note"]
    assert (
        sum(note.startswith("--fast-decode changed nothing: no picture was a JPEG at least twice") for note in notes)
        == 1
    )
    assert ended.last["fast_decode"]["reduced"] == 0


def test_a_model_that_begins_with_no_resize_is_refused(pictures, tmp_path):
    model = copy_demo_model(tmp_path)
    text = (model / "deploy.yaml").read_text()
    (model / "deploy.yaml").write_text(text[: text.index("  transforms:")] + "  transforms:\n  - type: Normalize\n")
    ended = run(model, pictures, tmp_path / "o", "--fast-decode")
    assert ended.status == 2, ended
    assert "--fast-decode needs a model whose transforms begin with a resize" in ended.last["error"]["message"]
    assert "begin with Normalize(" in ended.last["error"]["message"]
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--outputs", "mask,overlay"], "an overlay needs them so"),
        (["--layout", "predict"], "an overlay needs them so"),
        (["--sticky-resize-by-short"], "--sticky-resize-by-short is for PaddleSeg's own results"),
    ],
    ids=" ".join,
)
def test_what_it_cannot_go_with_is_refused(more, said, pictures, tmp_path):
    ended = run(DEMO_MODEL, pictures, tmp_path / "o", "--fast-decode", *more)
    assert ended.status == 2, ended
    assert said in ended.last["error"]["message"]
