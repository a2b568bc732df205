# SPDX-License-Identifier: Apache-2.0
"""Paths as the file system has them: names that are not UTF-8."""

import os
import pathlib

import cv2
import numpy as np
import pytest
import segfleet
from fleet_fixture import labels_of, picture
from segfleet import errors

ODD = os.fsdecode(b"\xff.png")


def test_an_image_whose_name_is_not_utf8_is_read(fleet):
    pathlib.Path(ODD).write_bytes(cv2.imencode(".png", picture())[1].tobytes())
    for image in (ODD, os.path.abspath(ODD), pathlib.Path(ODD)):
        np.testing.assert_array_equal(fleet.submit(image).result(60).labels, labels_of(picture()))


def test_a_missing_image_whose_name_is_not_utf8_fails_alone(fleet):
    missing, other = fleet.submit(ODD), fleet.submit(picture())
    error = missing.exception(60)
    assert isinstance(error, errors.NotFound)
    assert r"\xff.png" in str(error)
    assert str(error).isprintable()
    np.testing.assert_array_equal(other.result(60).labels, labels_of(picture()))


@pytest.mark.parametrize("use", [segfleet.load_model_package, segfleet.Fleet])
def test_a_missing_model_whose_name_is_not_utf8_is_a_file_that_is_not_found(use):
    with pytest.raises(errors.NotFound, match=r"\\xff"):
        use(os.fsdecode(b"/\xff"))


def test_a_model_in_a_folder_whose_name_is_not_utf8_is_opened(model):
    folder = model.rename(model.with_name(os.fsdecode(b"\xff")))
    assert segfleet.load_model_package(folder).folder == folder
    with segfleet.Fleet(folder, "cpu", engine="own_engine:Bright") as fleet:
        np.testing.assert_array_equal(fleet.submit(picture()).result(60).labels, labels_of(picture()))


def test_the_error_of_an_engine_in_a_file_whose_name_is_not_utf8_is_told(model):
    name = os.fsdecode(b"bad_\xff")
    source = pathlib.Path("own_engine.py").read_text()
    pathlib.Path(name + ".py").write_text(source)
    pathlib.Path("wrapped.py").write_text(f"NoLoad = __import__({name!r}).NoLoad\n")
    with pytest.raises(errors.EngineError, match="the licence has run out"):
        segfleet.Fleet(model, "cpu", engine="wrapped:NoLoad")
