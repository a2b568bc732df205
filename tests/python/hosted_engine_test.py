# SPDX-License-Identifier: Apache-2.0
"""A Python-hosted worker whose engine misbehaves: every picture ends in a typed error, and nothing hangs."""

import os
import sys
import threading

import card_engine
import numpy
import onnx_writer
import pytest
from misbehaving_engines import ENGINES
from PIL import Image
from segfleet import EngineOptions, load_model_package
from segfleet.engines.onnxruntime import OnnxRuntimeEngine
from worker_process import LIMIT_S, WorkerProcess, setup_message


def worker_in(folder):
    return WorkerProcess([sys.executable, "-m", "segfleet.worker"], cwd=folder)


class Job:
    """A folder with the engines, a model and pictures of 16x8."""

    def __init__(self, folder, count=1):
        self.folder = folder
        (folder / "engines.py").write_text(ENGINES)
        model = folder / "model"
        model.mkdir()
        (model / "deploy.yaml").write_text(
            "Deploy:\n  model: model.onnx\n  transforms:\n  - type: Normalize\n  output_op: argmax\n"
        )
        (model / "model.onnx").write_bytes(b"graph")
        self.paths = [folder / f"{i}.png" for i in range(count)]
        for path in self.paths:
            Image.fromarray(numpy.full((8, 16, 3), 100, numpy.uint8)).save(path)

    def setup(self, engine, **options):
        name = engine if engine == "onnxruntime" or ":" in engine else f"engines:{engine}"
        return setup_message(self.folder / "model", name, self.folder / "out", **options)

    def lease(self):
        items = [
            {"id": i, "attempt": 1, "input": os.fsencode(path), "stem": os.fsencode(path.stem)}
            for i, path in enumerate(self.paths, 1)
        ]
        return {"type": "lease", "items": items}

    def masks(self):
        return [numpy.asarray(Image.open(path)) for path in sorted((self.folder / "out" / "masks").iterdir())]


def run(job, engine, **setup):
    """Outcomes by item, and the notes. The worker must end with 0 once it is drained."""
    outcomes, notes = {}, []
    with worker_in(job.folder) as worker:
        worker.send(job.setup(engine, **setup))
        first = worker.receive_a(b"ready", b"load_failed")
        assert first["type"] == b"ready", first
        worker.send(job.lease())
        worker.send({"type": "drain"})
        while (message := worker.receive_a(b"outcome", b"note")) is not None:
            if message["type"] == b"note":
                notes.append(message["text"].decode())
            else:
                assert message["id"] not in outcomes
                outcomes[message["id"]] = message
        assert worker.finish()[:2] == (0, "")
    assert len(outcomes) == len(job.paths)
    return outcomes, notes


def expected_mask():
    mask = numpy.zeros((8, 16), numpy.uint8)
    mask[:, 8:] = 1
    return mask


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("WrongHeight", "the engine gave u8 1x7x16 for an input of 1x3x8x16"),
        ("WrongRank", "the engine gave u8 8x16"),
        ("WrongCount", "the engine gave u8 2x8x16"),
        ("NoItems", "the engine gave u8 0x8x16"),
        ("Scalar", "the engine gave u8  for an input of 1x3x8x16"),
        ("FloatLabels", "the engine gave f32 1x8x16"),
        ("Doubles", "of another element type"),
        ("Bools", "of another element type"),
        ("Complexes", "of another element type"),
        ("Objects", "infer() gave a ndarray"),
        ("AList", "infer() gave a list"),
        ("ATuple", "infer() gave a tuple"),
        ("Text", "infer() gave a str"),
        ("Nothing", "infer() gave a NoneType"),
        ("Something", "infer() gave a Object"),
        ("Raises", "RuntimeError: the reason (at engines.py:"),
        ("RaisesLines", "RuntimeError: first"),
        ("RaisesUnprintable", "without a text"),
        ("RaisesSurrogate", "RuntimeError: half a character: "),
        ("RaisesBase", "BaseException: not even an Exception"),
        ("RaisesInterrupt", "KeyboardInterrupt"),
        ("RaisesExit", "SystemExit: 3"),
        ("RaisesGeneratorExit", "GeneratorExit"),
        ("CallsExit", "SystemExit: 5"),
        ("Recurses", "RecursionError"),
        ("InferTakesOne", "TypeError"),
    ],
)
def test_what_an_engine_may_not_do_is_an_engine_error_of_each_picture(tmp_path, engine, words):
    job = Job(tmp_path, count=3)
    outcomes, _ = run(job, engine)
    for outcome in outcomes.values():
        assert not outcome["done"]
        assert outcome["error"]["code"] == b"engine_error", outcome
        message = outcome["error"]["message"].decode()
        assert words in message
        assert "\n" not in message and len(message) <= 16_384


@pytest.mark.parametrize(
    ("engine", "code"), [("RaisesSegfleets", b"invalid_argument"), ("RaisesMemory", b"out_of_memory")]
)
def test_an_error_with_a_code_keeps_it(tmp_path, engine, code):
    outcomes, _ = run(Job(tmp_path), engine)
    assert outcomes[1]["error"]["code"] == code


@pytest.mark.parametrize("engine", ["Good", "Gaps", "ReadOnly", "Reversed", "Keeps", "ManyLanes", "LeavesAThread"])
def test_what_an_engine_may_do_gives_its_labels(tmp_path, engine):
    job = Job(tmp_path, count=20)
    outcomes, _ = run(job, engine, batch=4)
    assert all(outcome["done"] for outcome in outcomes.values()), outcomes
    assert len(job.masks()) == 20
    for mask in job.masks():
        assert numpy.array_equal(mask, expected_mask())


@pytest.mark.parametrize("lanes", [1, 3])
def test_what_an_engine_keeps_per_thread_is_there_at_each_call_of_a_lane(tmp_path, lanes):
    job = Job(tmp_path, count=20)
    outcomes, _ = run(job, "RemembersPerThread", lanes=lanes)
    assert all(outcome["done"] for outcome in outcomes.values()), outcomes
    for mask in job.masks():
        assert numpy.array_equal(mask, expected_mask())


@pytest.mark.parametrize("engine", ["Lends", "LendsNothing"])
def test_inputs_lie_in_memory_that_the_engine_gives_if_it_has_some(tmp_path, engine):
    job = Job(tmp_path, count=20)
    outcomes, _ = run(job, engine)
    assert all(outcome["done"] for outcome in outcomes.values()), outcomes
    for mask in job.masks():
        assert numpy.array_equal(mask, expected_mask())


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("LendsTooLittle", "of so many bytes, aligned to 64"),
        ("LendsCrooked", "aligned to 64"),
        ("LendsReadOnly", "writable uint8 array"),
        ("LendsFloats", "writable uint8 array"),
        ("LendsAList", "writable uint8 array"),
        ("LendRaises", "RuntimeError: no memory today"),
    ],
)
def test_memory_for_inputs_that_will_not_do_is_told_of_each_picture(tmp_path, engine, words):
    outcomes, _ = run(Job(tmp_path, count=3), engine)
    for outcome in outcomes.values():
        assert not outcome["done"]
        assert words in outcome["error"]["message"].decode(), outcome


def test_the_onnxruntime_engine_in_a_worker_labels_every_picture(tmp_path):
    job = Job(tmp_path, count=20)
    (tmp_path / "model" / "model.onnx").write_bytes(onnx_writer.segmenter())
    outcomes, _ = run(job, "onnxruntime", batch=4)
    assert all(outcome["done"] for outcome in outcomes.values()), outcomes
    masks = job.masks()
    assert len(masks) == 20 and all(numpy.array_equal(mask, masks[0]) for mask in masks)
    model = load_model_package(tmp_path / "model")
    engine = OnnxRuntimeEngine()
    engine.load(model, EngineOptions(threads=1))
    batch = numpy.full((1, 3, 8, 16), (numpy.float32(100) / 255 - 0.5) / 0.5, numpy.float32)
    assert (engine.infer(batch, 0)[0] == masks[0]).mean() > 0.99


@pytest.mark.parametrize(("batch", "lanes"), [(1, 1), (1, 2), (4, 2)])
def test_no_card_every_picture_reaches_a_card_through_page_locked_memory(tmp_path, batch, lanes):
    job = Job(tmp_path, count=20)
    for i, path in enumerate(job.paths):
        Image.fromarray(numpy.full((8, 16, 3), 255 if i % 2 else 128, numpy.uint8)).save(path)
    (tmp_path / "card.py").write_text(card_engine.MODULE)
    (tmp_path / "model" / "model.onnx").write_bytes(onnx_writer.segmenter())
    outcomes, _ = run(job, "card:OnACard", batch=batch, lanes=lanes, device="gpu:0")
    assert all(outcome["done"] for outcome in outcomes.values()), outcomes
    for i, path in enumerate(job.paths):
        mask = numpy.asarray(Image.open(tmp_path / "out" / "masks" / path.name))
        assert (mask == i % 2).all()  # the stand-in cuts 1 and 0.004, to which they are normalized


def test_big_endian_labels_are_read_right_or_refused(tmp_path):
    job = Job(tmp_path)
    outcomes, _ = run(job, "BigEndian")
    if outcomes[1]["done"]:
        assert numpy.array_equal(job.masks()[0], expected_mask())
    else:
        assert outcomes[1]["error"]["code"] == b"engine_error"


def test_scores_of_nan_have_an_outcome(tmp_path):
    outcomes, _ = run(Job(tmp_path), "NanScores")
    assert outcomes[1]["done"]


def test_megabytes_on_standard_output_hurt_nobody(tmp_path):
    job = Job(tmp_path, count=2)
    with worker_in(tmp_path) as worker:
        lengths = {}
        readers = [
            threading.Thread(target=lambda name=name: lengths.update({name: len(getattr(worker.process, name).read())}))
            for name in ("stdout", "stderr")
        ]
        for reader in readers:
            reader.start()
        worker.send(job.setup("Prints"))
        assert worker.receive_a(b"ready", b"load_failed")["type"] == b"ready"
        worker.send(job.lease())
        worker.send({"type": "drain"})
        for _ in range(2):
            assert worker.receive_a(b"outcome")["done"]
        assert worker.process.wait(LIMIT_S) == 0
        for reader in readers:
            reader.join()
    assert lengths["stdout"] == 0  # it went to the log


@pytest.mark.parametrize(("engine", "limit"), [("SmallMemory", 2), ("SmallCard", 1)])
def test_memory_that_runs_out_halves_the_batch_until_it_fits(tmp_path, engine, limit):
    job = Job(tmp_path, count=24)
    outcomes, notes = run(job, engine, batch=4)
    assert all(outcome["done"] for outcome in outcomes.values())
    if notes:  # pictures may also have come one by one
        assert f"continuing with {limit}" in notes[-1] or "continuing with 2" in notes[-1]


@pytest.mark.parametrize(
    ("engine", "code", "words"),
    [
        ("LoadRaises", b"engine_error", "RuntimeError: no load today"),
        ("LoadExits", b"engine_error", "SystemExit: 4"),
        ("BadNotes", b"engine_error", "notes"),
        ("BadInput", b"engine_error", "the attribute 'input' has a wrong type"),
        ("ConstructorNeedsMore", b"engine_error", "TypeError"),
        ("Missing", b"engine_unavailable", "no class Missing"),
    ],
)
def test_a_load_that_fails_is_told_and_ends_the_worker(tmp_path, engine, code, words):
    with worker_in(tmp_path) as worker:
        worker.send(Job(tmp_path).setup(engine))
        failed = worker.receive_a(b"ready", b"load_failed")
        assert failed["type"] == b"load_failed"
        assert failed["error"]["code"] == code and words in failed["error"]["message"].decode(), failed
        assert worker.finish()[0] == 1


def test_an_engine_that_ends_the_process_is_an_end_of_file(tmp_path):
    job = Job(tmp_path)
    with worker_in(tmp_path) as worker:
        worker.send(job.setup("Dies"))
        assert worker.receive_a(b"ready") is not None
        worker.send(job.lease())
        assert worker.receive_a(b"outcome") is None
        assert worker.finish()[0] == 7


@pytest.mark.parametrize("engine", ["Hangs", "HangsWithTheLock"])
def test_end_of_file_ends_it_while_infer_hangs(tmp_path, engine):
    job = Job(tmp_path)
    with worker_in(tmp_path) as worker:
        worker.send(job.setup(engine))
        assert worker.receive_a(b"ready") is not None
        worker.send(job.lease())
        while worker.receive_a(b"stats")["engine_busy_us"] == 0:
            pass  # not yet in the engine
        worker.socket.close()
        assert worker.finish() == (0, "", "")


def test_end_of_file_ends_it_while_load_hangs(tmp_path):
    with worker_in(tmp_path) as worker:
        worker.send(Job(tmp_path).setup("HangsInLoad"))
        assert worker.receive()["type"] == b"hello"
        worker.socket.close()
        assert worker.finish() == (0, "", "")
