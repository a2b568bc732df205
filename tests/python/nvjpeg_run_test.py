# SPDX-License-Identifier: Apache-2.0
"""`segfleet run --decode nvjpeg` through a real worker, with stand-ins (tests/nvjpeg) for NVIDIA's libraries.
NO CARD IS USED: the stand-in decodes by libjpeg-turbo."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys

import cv2
import numpy as np
import pytest
from PIL import Image
from segfleet_cli import SEGFLEET, Ended, ledger_rows, run, run_arguments, segfleet, write_picture

STAND_INS = pathlib.Path(os.environ["SEGFLEET_TEST_BIN"]) / "nvidia_card"

ENGINE = """
import numpy as np


class OnACard:
    version = "1"

    @staticmethod
    def devices():
        return [("gpu:0", "A card")]

    def load(self, model, options):
        pass

    def infer(self, batch, lane):
        return (batch[:, 0] > 0).astype(np.uint8)
"""

DEPLOY = "Deploy:\n  model: graph.onnx\n  transforms:\n  - type: Normalize\n  output_op: argmax\n"


@pytest.fixture
def place(tmp_path):
    """Two pictures for the card, two for the CPU, and one that is broken."""
    (tmp_path / "card_engine_of_mine.py").write_text(ENGINE)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "deploy.yaml").write_text(DEPLOY)
    (tmp_path / "model" / "graph.onnx").write_bytes(b"never opened by this engine")
    folder = tmp_path / "pictures"
    write_picture(folder / "a.jpg", 61, 45, seed=1)
    write_picture(folder / "b.jpg", 64, 48, seed=2)
    write_picture(folder / "c.png", seed=3)
    Image.fromarray(cv2.imread(str(folder / "a.jpg"))).save(folder / "d.jpg", progressive=True)
    (folder / "e.jpg").write_bytes((folder / "b.jpg").read_bytes()[:-100])
    return tmp_path


# A /dev of the run's own, with the file by which a machine with an NVIDIA card is known.
WITH_A_CARD = """
set -e
dev=$1 && shift
mkdir "$dev" && mount -t tmpfs none "$dev"
for name in null zero full random urandom; do touch "$dev/$name" && mount --bind "/dev/$name" "$dev/$name"; done
mkdir "$dev/shm" && mount --rbind /dev/shm "$dev/shm"
touch "$dev/nvidia0" && mount --rbind "$dev" /dev
exec "$@"
"""


def can_have_a_dev_of_its_own() -> bool:
    with contextlib.suppress(FileNotFoundError):
        return subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode == 0
    return False


with_a_card = pytest.mark.skipif(not can_have_a_dev_of_its_own(), reason="unshare -rm is not permitted here")


def environment(**told) -> dict:
    libraries = {"SEGFLEET_PYTHON": sys.executable, "LD_LIBRARY_PATH": str(STAND_INS)}
    return {**os.environ, **libraries, **told}


WORDS = ["--engine", "card_engine_of_mine:OnACard", "--devices", "gpu:0"]


def segfleet_in(place, *words, **told) -> Ended:
    """Where there is a card, as far as files tell."""
    dev = place / f"dev{len(list(place.glob('dev*')))}"
    command = ["unshare", "-rm", "sh", "-c", WITH_A_CARD, "sh", dev, SEGFLEET, *words]
    process = subprocess.run(
        [str(word) for word in command], cwd=place, env=environment(**told), capture_output=True, timeout=240
    )
    return Ended(process)


def run_in(place, output, *more, **told) -> Ended:
    return segfleet_in(place, *run_arguments("model", "pictures", output, *WORDS, *more), **told)


def masks(place, output) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((place / output / "masks").iterdir())}


@with_a_card
def test_no_card_what_the_card_decodes_is_told_and_compared(place):
    ended = run_in(place, "card", "--decode", "nvjpeg")
    assert ended.status == 3, ended
    expected = {"on_card": 2, "compared": 1, "differing_share": 0, "worst_share": 0}
    assert {name: ended.last["nvjpeg"][name] for name in expected} == expected
    assert pathlib.Path(ended.last["nvjpeg"]["worst_input"]).name in ("a.jpg", "b.jpg")
    assert ended.last["fast_decode"] is None
    notes = [event["text"] for event in ended.events if event["event"] == "note"]
    assert sum(note.startswith("nvJPEG 13.3.2 decodes the common JPEGs: on small ones") for note in notes) == 1
    assert json.loads((place / "card/summary.json").read_text())["nvjpeg"] == ended.last["nvjpeg"]
    assert ledger_rows(place / "card", "SELECT key FROM meta WHERE key LIKE 'nvjpeg%'") == [("nvjpeg.1",)]

    plain = run_in(place, "plain")
    assert plain.last["nvjpeg"] is None
    assert masks(place, "card") == masks(place, "plain")
    failures = "SELECT stem, code, message, stage FROM items WHERE state = 'failed'"
    assert ledger_rows(place / "card", failures) == ledger_rows(place / "plain", failures) != []


@with_a_card
def test_no_card_masks_are_of_the_cards_pixels(place):
    """One level lighter, which the gate lets pass, is one label more where a pixel was at the threshold."""
    assert run_in(place, "card", "--decode", "nvjpeg", STAND_IN_NVJPEG_SHIFT="1").status == 3
    for name, shift in (("a.jpg", 1), ("c.png", 0)):
        red = cv2.imread(str(place / "pictures" / name))[:, :, 2].astype(int)
        mask = np.array(Image.open(place / "card" / "masks" / f"{name[0]}.png"))
        assert np.array_equal(mask, red + shift > 127)


@with_a_card
def test_no_card_people_and_the_report_are_told(place):
    words = ["--model", "model", "--input", "pictures", "--output", "card", *WORDS, "--decode", "nvjpeg"]
    ended = segfleet_in(place, "run", *words)
    sentence = (
        "nvJPEG: 2 of 4 images were decoded on the card, 2 by the CPU; of 1 of the former, also decoded by the CPU"
    )
    assert sentence in ended.out, ended
    said = segfleet("report", "card", "--html", "card.html", cwd=place)
    assert sentence in said.out, said
    assert sentence in (place / "card.html").read_text()


@with_a_card
def test_no_card_one_folder_does_not_mix_both(place):
    assert run_in(place, "card", "--decode", "nvjpeg").status == 3
    ended = run_in(place, "card")
    assert ended.last["error"]["code"] == "resume_mismatch"
    assert "--decode was nvjpeg and is now not set" in ended.last["error"]["message"]


@with_a_card
def test_no_card_pixels_that_are_too_far_off_end_the_run(place):
    ended = run_in(place, "card", "--decode", "nvjpeg", STAND_IN_NVJPEG_SHIFT="20")
    assert ended.status == 1, ended
    assert "up to 20 grey levels (mean 20.00) away from libjpeg-turbo's" in ended.last["error"]["message"]
    assert "use --decode cpu" in ended.last["error"]["message"]
    assert ledger_rows(place / "card", "SELECT count(*) FROM items WHERE state = 'done'") == [(0,)]


@with_a_card
def test_no_card_a_missing_library_ends_the_run(place):
    ended = run_in(place, "card", "--decode", "nvjpeg", LD_LIBRARY_PATH="")
    assert ended.status == 1, ended
    assert "--decode nvjpeg: libcuda.so.1 cannot be opened" in ended.last["error"]["message"]
    assert "use --decode cpu" in ended.last["error"]["message"]


@with_a_card
def test_no_card_the_library_is_found_beside_the_pythons_packages(place):
    """As PyPI's package lays it; the driver's alone is where the loader looks."""
    packages, driver = place / "nvidia" / "cu13" / "lib", place / "driver"
    packages.mkdir(parents=True)
    driver.mkdir()
    (packages / "libnvjpeg.so.13").symlink_to(STAND_INS / "libnvjpeg.so.13")
    (driver / "libcuda.so.1").symlink_to(STAND_INS / "libcuda.so.1")
    ended = run_in(place, "card", "--decode", "nvjpeg", LD_LIBRARY_PATH=str(driver))
    assert ended.status == 3, ended
    assert ended.last["nvjpeg"]["on_card"] == 2


def test_a_run_on_other_devices_is_refused(place):
    ended = run(
        "model", "pictures", "o", *WORDS[:2], "--devices", "cpu", "--decode", "nvjpeg", cwd=place, env=environment()
    )
    assert ended.status == 2, ended
    assert "--decode nvjpeg decodes on NVIDIA cards, and cpu" in ended.last["error"]["message"]
    assert not (place / "o").exists()


def test_doctor_says_whether_the_library_is_there(tmp_path):
    def line(folder):
        ended = segfleet("doctor", env={**os.environ, "LD_LIBRARY_PATH": str(folder)})
        (found,) = [line for line in ended.out.splitlines() if " nvjpeg " in line]
        return found

    assert line(STAND_INS).startswith("ok")
    assert "nvJPEG 13.3.2 (libnvjpeg.so.13): for --decode nvjpeg" in line(STAND_INS)
    (tmp_path / "libnvjpeg.so.13").write_text("no library")
    (tmp_path / "libnvjpeg.so.12").write_text("no library")
    assert line(tmp_path).startswith("--")
