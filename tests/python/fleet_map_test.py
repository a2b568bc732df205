# SPDX-License-Identifier: Apache-2.0
"""Fleet.map() with images that fail and with what is no image: each costs its own place."""

import gc
import weakref

import numpy as np
import pytest
import segfleet
from fleet_fixture import labels_of, picture
from segfleet import errors


def test_map_raises_or_gives_the_error(model):
    images = [picture(seed, red=254 if seed == 1 else 0) for seed in range(3)]
    with segfleet.Fleet(model, "cpu", engine="own_engine:Faulty") as fleet:
        given = list(fleet.map(images, return_errors=True))
        assert [type(result) for result in given] == [segfleet.Segmentation, errors.EngineError, segfleet.Segmentation]
        with pytest.raises(errors.EngineError):
            list(fleet.map(images))
        with pytest.raises(errors.InvalidArgument, match="window=0"):
            list(fleet.map(images, window=0))


NO_IMAGES = [b"", None, np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), "a\0b.png", np.zeros((900, 900, 3), np.uint8)]


@pytest.mark.parametrize("ordered", [True, False])
def test_what_is_no_image_costs_its_own_place_in_a_map(model, ordered):
    images = [image for seed, bad in enumerate(NO_IMAGES) for image in (picture(seed), bad)]
    with segfleet.Fleet(model, "cpu", engine="own_engine:Bright", arena_bytes=1 << 20) as fleet:
        given = list(fleet.map(images, ordered=ordered, return_errors=True))
    results = [result for result in given if not isinstance(result, errors.Error)]
    assert [type(error) for error in given if error not in results] == [errors.InvalidArgument] * len(NO_IMAGES)
    assert len(results) == len(NO_IMAGES)
    if ordered:
        for seed, result in enumerate(given[::2]):
            np.testing.assert_array_equal(result.labels, labels_of(picture(seed)))


def test_without_return_errors_map_gives_what_comes_before_what_is_no_image(fleet):
    results = fleet.map([picture(0), picture(1), None, picture(2)])
    for seed in range(2):
        np.testing.assert_array_equal(next(results).labels, labels_of(picture(seed)))
    with pytest.raises(errors.InvalidArgument, match="NoneType"):
        next(results)
    assert next(results, None) is None


def test_the_error_of_an_image_does_not_keep_the_image(fleet):
    image = np.zeros((4, 4), np.uint8)
    gone = weakref.ref(image)
    (error,) = fleet.map(iter([image]), return_errors=True)
    del image
    gc.collect()
    assert "grey" in str(error)
    assert gone() is None


def test_results_that_fill_the_shared_memory_are_said_in_their_place(model):
    images = [picture(0, 400, 400)] * 8
    with segfleet.Fleet(model, "cpu", engine="own_engine:Bright", arena_bytes=1 << 20) as fleet:
        held = list(fleet.map(images, return_errors=True))
        kinds = [type(result) for result in held]
        assert kinds[:3] == [segfleet.Segmentation] * 3
        assert kinds[-1] == errors.OutOfMemory
        held.clear()
        assert [type(result) for result in fleet.map(images[:2], return_errors=True)] == kinds[:2]


def test_a_closed_fleet_is_no_image_s_error(fleet):
    fleet.close()
    with pytest.raises(errors.InvalidArgument, match="closed"):
        next(fleet.map([picture()], window=4, return_errors=True))
