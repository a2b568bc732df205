# SPDX-License-Identifier: Apache-2.0
"""Batches by measured memory with engines that are Python classes, and the words for it in Python."""

import cv2
import pytest
import segfleet
from fleet_fixture import picture, write_package
from segfleet import errors

MIB = 1 << 20
ENGINE = """
import os

import own_engine
from segfleet.errors import OutOfMemory

MIB = 1 << 20


class Card(own_engine.Bright):
    # 1000 MiB: the model takes 300, each picture of the largest batch 100.
    largest = 0

    def infer(self, batch, lane):
        if 300 + 100 * len(batch) > 1000:
            raise OutOfMemory("a card of 1000 MiB")
        self.largest = max(self.largest, len(batch))
        return super().infer(batch, lane)

    def memory(self):
        used = 300 + 100 * self.largest
        return used * MIB, (1000 - used) * MIB, 1000 * MIB


class Silent(Card):
    def memory(self):
        return None


class Broken(Card):
    def memory(self):
        raise RuntimeError("no word of it")


class DiesOfMemory(own_engine.Bright):
    # As after a CUDA error that needs a new process; once.
    def infer(self, batch, lane):
        try:
            os.close(os.open("died", os.O_CREAT | os.O_EXCL))
            os._exit(1)
        except FileExistsError:
            pass
        return super().infer(batch, lane)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_package(tmp_path)
    (tmp_path / "card_engine.py").write_text(ENGINE)
    (tmp_path / "pictures").mkdir()
    for seed in range(40):
        cv2.imwrite(str(tmp_path / "pictures" / f"{seed:02}.png"), picture(seed, red=0))
    return tmp_path


def run(engine, **options):
    notes = []

    def on_event(event):
        if event["event"] == "note":
            notes.append(event["text"])

    engine = f"card_engine:{engine}"
    ended = segfleet.run("model", "pictures", "out", devices="cpu", engine=engine, on_event=on_event, **options)
    assert (ended["done"], ended["failed"]) == (40, 0)
    return ended["devices"][0], notes


def test_an_engine_that_tells_its_memory_is_given_what_fits(place):
    device, _ = run("Card", batch=16, memory_limit="650MiB", memory_reserve=0)
    assert 1 <= device["batch"] <= 3
    assert 400 * MIB <= device["memory_used_bytes"] <= 650 * MIB
    assert device["memory_total_bytes"] == 1000 * MIB


@pytest.mark.parametrize("engine", ["Silent", "Broken"])
def test_an_engine_on_a_cpu_that_does_not_tell_has_the_workers_own_memory_read(place, engine):
    device, notes = run(engine, batch=16)
    assert device["batch"] <= 7, notes
    assert device["memory_used_bytes"] > MIB


def test_after_a_death_with_a_batch_the_next_worker_begins_with_half(place):
    device, notes = run("DiesOfMemory", batch=8)
    assert device["batch"] == 4, notes
    assert any("begins with 4" in note for note in notes)


def test_a_fleet_takes_batch_and_limit(place):
    options = {"devices": "cpu", "engine": "card_engine:Card", "batch": "auto", "memory_limit": "60%"}
    with segfleet.Fleet("model", **options) as fleet:
        assert len(list(fleet.map([picture(seed) for seed in range(20)]))) == 20
        fleet.close()
        device = fleet.stats()["devices"][0]
    assert 1 <= device["batch"] <= 3
    assert device["memory_total_bytes"] == 1000 * MIB


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"batch": "some"}, "batch"),
        ({"batch": 0}, "at least 1"),
        ({"memory_limit": "much"}, "no amount of memory"),
        ({"memory_limit": 0}, "more than 0"),
        ({"memory_reserve": "100%"}, "less than 100%"),
    ],
)
def test_impossible_settings_are_refused_in_words(place, options, said):
    with pytest.raises(errors.InvalidArgument, match=said):
        segfleet.Fleet("model", devices="cpu", engine="card_engine:Card", **options)
