# SPDX-License-Identifier: Apache-2.0
"""segfleet.Fleet through real worker processes: every kind of image, every way to wait for it."""

import asyncio
import gc
import pathlib
import shutil

import cv2
import numpy as np
import pytest
import segfleet
from fleet_fixture import DEPLOY, labels_of, picture, write_package

DEMO = pathlib.Path(__file__).parents[2] / "models" / "demo"


@pytest.fixture
def open_fleet(tmp_path, monkeypatch):
    """open_fleet(engine, **options): a fleet of the test's engine on one worker."""
    model = write_package(tmp_path)
    monkeypatch.chdir(tmp_path)
    fleets = []

    def opened(engine="Bright", **options):
        fleets.append(segfleet.Fleet(model, options.pop("devices", "cpu"), engine=f"own_engine:{engine}", **options))
        return fleets[-1]

    yield opened
    for fleet in fleets:
        fleet.close(at_once=True)


def test_an_array_a_file_in_memory_and_a_path_have_the_same_labels(open_fleet, tmp_path):
    array = picture()
    cv2.imwrite(str(tmp_path / "a.png"), array)
    fleet = open_fleet()
    encoded = (tmp_path / "a.png").read_bytes()
    for image in (array, encoded, bytearray(encoded), memoryview(encoded), tmp_path / "a.png", str(tmp_path / "a.png")):
        result = fleet.submit(image).result(60)
        np.testing.assert_array_equal(result.labels, labels_of(array))
        assert result.outcome == "done"
        assert result.device.startswith("cpu:")
        assert set(result.timings) >= {"decode", "transform", "infer", "restore"}


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::-1],
        lambda a: a[::2, ::3],
        lambda a: np.asfortranarray(a),
        lambda a: a.transpose(1, 0, 2),
        lambda a: np.broadcast_to(a[:1], a.shape),
    ],
)
def test_arrays_of_any_strides_are_taken_as_they_look(open_fleet, view):
    array = view(picture())
    np.testing.assert_array_equal(open_fleet().submit(array).result(60).labels, labels_of(array))


def test_a_read_only_array_is_taken(open_fleet):
    array = picture()
    array.setflags(write=False)
    np.testing.assert_array_equal(open_fleet().submit(array).result(60).labels, labels_of(array))


def test_rgb_says_that_red_comes_first(open_fleet):
    array = picture()
    result = open_fleet().submit(np.ascontiguousarray(array[:, :, ::-1]), rgb=True).result(60)
    np.testing.assert_array_equal(result.labels, labels_of(array))


def test_the_image_may_be_changed_as_soon_as_submit_returns(open_fleet):
    fleet, array = open_fleet("Slow"), picture()
    wanted, future = labels_of(array), fleet.submit(array)
    array[:] = 0
    np.testing.assert_array_equal(future.result(60).labels, wanted)


def test_labels_are_shared_memory_that_outlives_the_fleet(open_fleet):
    fleet, array = open_fleet(), picture()
    labels = fleet.submit(array).result(60).labels
    assert not labels.flags.owndata and not labels.flags.writeable
    fleet.close()
    del fleet
    gc.collect()
    np.testing.assert_array_equal(labels, labels_of(array))


def test_map_keeps_the_order_and_reads_no_further_than_its_window(open_fleet):
    fleet, read = open_fleet(devices="cpu*2"), []

    def images():
        for seed in range(50):
            read.append(seed)
            yield picture(seed)

    results = fleet.map(images(), window=4)
    for seed in range(50):
        np.testing.assert_array_equal(next(results).labels, labels_of(picture(seed)))
        assert len(read) <= seed + 5
    assert next(results, None) is None


def test_map_as_completed_gives_every_result_once(open_fleet):
    fleet = open_fleet(devices="cpu*2")
    sizes = [(10 + seed, 20) for seed in range(30)]
    images = (picture(seed, width, height) for seed, (width, height) in enumerate(sizes))
    got = [result.labels.shape for result in fleet.map(images, ordered=False, window=8)]
    assert sorted(got) == sorted((height, width) for width, height in sizes)


def test_segment_batch_shares_out_and_merges_in_place(open_fleet):
    batch = np.stack([picture(seed) for seed in range(20)])
    labels = open_fleet(devices="cpu*2").segment_batch(batch)
    assert labels.shape == (20, 30, 40)
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, np.stack([labels_of(array) for array in batch]))


def test_segment_batch_takes_a_view_and_an_empty_batch(open_fleet):
    fleet = open_fleet()
    batch = np.stack([picture(seed) for seed in range(8)])[::-2, :, ::-1]
    np.testing.assert_array_equal(fleet.segment_batch(batch), np.stack([labels_of(array) for array in batch]))
    assert fleet.segment_batch(np.zeros((0, 4, 4, 3), np.uint8)).shape[0] == 0


def test_await_segment(open_fleet):
    fleet = open_fleet(devices="cpu*2")

    async def all_of_them():
        return await asyncio.gather(*(fleet.segment(picture(seed)) for seed in range(20)))

    for seed, result in enumerate(asyncio.run(all_of_them())):
        np.testing.assert_array_equal(result.labels, labels_of(picture(seed)))


def test_confidence_comes_beside_the_labels(tmp_path, monkeypatch):
    model, array = write_package(tmp_path, "none"), picture()
    monkeypatch.chdir(tmp_path)
    cv2.imwrite(str(tmp_path / "a.png"), array)
    with segfleet.Fleet(model, "cpu", engine="own_engine:Scores", confidence=True) as fleet:
        from_array, from_file = fleet.submit(array).result(60), fleet.submit(tmp_path / "a.png").result(60)
        labels, confidence = fleet.segment_batch(array[None])
    value = ((array[:, :, 2].astype(np.float64) / 255 - 0.5) / 0.5) * 4
    wanted = np.rint(255 / (1 + np.exp(-2 * np.abs(value))))
    assert np.abs(from_array.confidence.astype(int) - wanted).max() <= 1
    np.testing.assert_array_equal(from_file.confidence, from_array.confidence)
    np.testing.assert_array_equal(confidence[0], from_array.confidence)
    np.testing.assert_array_equal(labels[0], from_array.labels)


def test_multi_label_sums_the_classes_above_the_threshold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, array = write_package(tmp_path, output_op="none"), picture()
    for threshold, expected in ((None, labels_of(array) + 1), (0.001, np.full(array.shape[:2], 3))):
        options = {} if threshold is None else {"threshold": threshold}
        with segfleet.Fleet(model, "cpu", engine="own_engine:Scores", multi_label=True, **options) as fleet:
            np.testing.assert_array_equal(fleet.submit(array).result(60).labels, expected)
    with pytest.raises(segfleet.errors.InvalidArgument, match="no one confidence"):
        segfleet.Fleet(model, "cpu", engine="own_engine:Scores", multi_label=True, confidence=True)


def test_stats_tell_each_device_and_the_notes(open_fleet):
    fleet = open_fleet(devices="cpu*2")
    list(fleet.map(picture(seed) for seed in range(10)))
    stats = fleet.stats()
    assert stats["done"] == 10
    assert sum(device["done"] for device in stats["devices"]) == 10
    assert len(stats["devices"]) == 2
    assert "a note" in stats["notes"]


def test_what_a_model_s_yaml_leaves_open_is_among_the_notes(open_fleet, tmp_path):
    (tmp_path / "model" / "deploy.yaml").write_text(DEPLOY.replace("output_op", "otput_op"))
    notes = open_fleet().stats()["notes"]
    assert any("otput_op" in note for note in notes), notes


def test_the_demo_model_gives_the_masks_of_segfleet_run(tmp_path):
    rng = np.random.default_rng(5)
    small = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), cv2.resize(small, (320, 200), interpolation=cv2.INTER_CUBIC))
    ended = segfleet.run(DEMO, tmp_path / "a.png", tmp_path / "out", devices="cpu")
    assert ended["done"] == 1
    mask = cv2.imread(str(tmp_path / "out" / "masks" / "a.png"), cv2.IMREAD_UNCHANGED)
    with segfleet.Fleet(DEMO, "cpu") as fleet:
        labels = fleet.submit(cv2.imread(str(tmp_path / "a.png"))).result(60).labels
    colours = np.unique(labels)
    assert mask.shape[:2] == labels.shape
    assert len(np.unique(mask.reshape(-1, mask.shape[2] if mask.ndim == 3 else 1), axis=0)) == len(colours)


def test_the_yaml_that_is_named_is_the_one_that_computes(tmp_path):
    text = (DEMO / "deploy.yaml").read_text()
    other = text.replace("type: Normalize", "type: Normalize\n    mean: [0.9, 0.9, 0.9]")
    for folder, files in {"both": {"deploy.yaml": text, "other.yaml": other}, "alone": {"deploy.yaml": other}}.items():
        (tmp_path / folder).mkdir()
        shutil.copy(DEMO / "model.onnx", tmp_path / folder)
        for name, content in files.items():
            (tmp_path / folder / name).write_text(content)
    image = cv2.resize(np.random.default_rng(5).integers(0, 256, (6, 8, 3), dtype=np.uint8), (320, 200))

    def labels(model):
        with segfleet.Fleet(model, "cpu") as fleet:
            return fleet.submit(image).result(60).labels

    named = labels(tmp_path / "both" / "other.yaml")
    np.testing.assert_array_equal(named, labels(tmp_path / "alone"))
    assert (named != labels(tmp_path / "both")).any()
