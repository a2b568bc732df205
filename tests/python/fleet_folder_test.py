# SPDX-License-Identifier: Apache-2.0
"""A program that goes to another folder, or changes its environment, after it opened a fleet."""

import os
import pathlib

import cv2
import numpy as np
import pytest
import segfleet
from fleet_fixture import labels_of, picture
from segfleet import errors


def write(path, seed):
    path.write_bytes(cv2.imencode(".png", picture(seed))[1].tobytes())


def kill_worker(fleet):
    assert isinstance(fleet.submit(picture(red=255)).exception(60), errors.WorkerCrashed)


@pytest.fixture
def elsewhere(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


def test_a_relative_path_leads_from_the_folder_in_which_it_was_submitted(fleet, elsewhere):
    write(pathlib.Path("a.png"), 1)
    write(elsewhere / "a.png", 2)
    np.testing.assert_array_equal(fleet.submit("a.png").result(60).labels, labels_of(picture(1)))
    os.chdir(elsewhere)
    np.testing.assert_array_equal(fleet.submit("a.png").result(60).labels, labels_of(picture(2)))
    assert str(elsewhere / "none.png") in str(fleet.submit("none.png").exception(60))
    os.chdir("..")
    assert str(fleet.submit("none.png").exception(60)).startswith("cannot open none.png:")


def test_a_worker_that_is_started_again_finds_a_relative_model_and_engine(model, elsewhere):
    with segfleet.Fleet(model.name, "cpu", engine="own_engine:Faulty") as fleet:
        os.chdir(elsewhere)
        kill_worker(fleet)
        np.testing.assert_array_equal(fleet.submit(picture(3)).result(60).labels, labels_of(picture(3)))


def test_a_fleet_outlives_the_folder_in_which_it_was_opened(model, elsewhere, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{elsewhere.parent}:{os.environ['PYTHONPATH']}")
    write(elsewhere.parent / "a.png", 3)
    os.chdir(elsewhere)
    with segfleet.Fleet(model, "cpu", engine="own_engine:Faulty") as fleet:
        os.chdir("..")
        elsewhere.rmdir()
        kill_worker(fleet)
        np.testing.assert_array_equal(fleet.submit("a.png").result(60).labels, labels_of(picture(3)))


TOLD = """

class Told(Faulty):
    def infer(self, batch, lane):
        return np.full_like(super().infer(batch, lane), int(os.environ["SEGFLEET_TEST_TOLD"]))
"""


def test_a_worker_that_is_started_again_has_the_environment_of_the_first(model, monkeypatch):
    with open("own_engine.py", "a") as source:
        source.write(TOLD)
    monkeypatch.setenv("SEGFLEET_TEST_TOLD", "1")
    with segfleet.Fleet(model, "cpu", engine="own_engine:Told") as fleet:
        monkeypatch.setenv("SEGFLEET_TEST_TOLD", "2")
        kill_worker(fleet)
        assert (fleet.submit(picture(3)).result(60).labels == 1).all()
