# SPDX-License-Identifier: Apache-2.0
"""A Python-hosted worker whose engine misbehaves: every picture ends in a typed error, and nothing hangs."""

import os
import socket
import subprocess
import sys
import threading

import numpy
import onnx_writer
import pytest
from message_pack import pack, unpack
from PIL import Image
from segfleet import EngineOptions, load_model_package
from segfleet.engines.onnxruntime import OnnxRuntimeEngine

LIMIT_S = 60  # against a hang of the test itself; nothing is measured

ENGINES = '''
import os, sys, threading
import numpy as np
from segfleet.errors import InvalidArgument, OutOfMemory


def labels_of(batch):
    """Class 1 on the right half of a picture."""
    labels = np.zeros((batch.shape[0], *batch.shape[2:]), np.uint8)
    labels[:, :, batch.shape[3] // 2 :] = 1
    return labels


class Good:
    def load(self, model, options):
        pass

    def infer(self, batch, lane):
        return labels_of(batch)


def returning(change):
    class Engine(Good):
        def infer(self, batch, lane):
            return change(labels_of(batch))

    return Engine


def raising(make):
    class Engine(Good):
        def infer(self, batch, lane):
            raise make()

    return Engine


class Unprintable(Exception):
    def __str__(self):
        raise ValueError("no text for you")


def read_only(labels):
    labels.flags.writeable = False
    return labels


def with_gaps(labels):
    wide = np.zeros((*labels.shape[:2], labels.shape[2] * 2), np.uint8)
    wide[..., ::2] = labels
    return wide[..., ::2]


class Object:
    pass


WrongHeight = returning(lambda labels: labels[:, 1:])
WrongRank = returning(lambda labels: labels[0])
WrongCount = returning(lambda labels: np.concatenate([labels, labels]))
NoItems = returning(lambda labels: labels[:0])
Scalar = returning(lambda labels: np.uint8(3))
FloatLabels = returning(lambda labels: labels.astype(np.float32))
Doubles = returning(lambda labels: labels.astype(np.float64)[:, None])
Bools = returning(lambda labels: labels.astype(bool))
Complexes = returning(lambda labels: labels.astype(np.complex64))
Objects = returning(lambda labels: labels.astype(object))
AList = returning(lambda labels: labels.tolist())
ATuple = returning(lambda labels: (labels,))
Text = returning(lambda labels: "labels")
Nothing = returning(lambda labels: None)
Something = returning(lambda labels: Object())
BigEndian = returning(lambda labels: labels.astype(">i4"))
Gaps = returning(with_gaps)
ReadOnly = returning(read_only)
Reversed = returning(lambda labels: labels[:, ::-1][:, ::-1])
NanScores = returning(lambda labels: np.full((labels.shape[0], 3, *labels.shape[1:]), np.nan, np.float32))

Raises = raising(lambda: RuntimeError("the reason"))
RaisesLines = raising(lambda: RuntimeError("first\\nsecond\\n" + "x" * 100_000))
RaisesUnprintable = raising(Unprintable)
RaisesSurrogate = raising(lambda: RuntimeError("half a character: \\ud800"))
RaisesBase = raising(lambda: BaseException("not even an Exception"))
RaisesInterrupt = raising(KeyboardInterrupt)
RaisesExit = raising(lambda: SystemExit(3))
RaisesGeneratorExit = raising(GeneratorExit)
RaisesSegfleets = raising(lambda: InvalidArgument("the option"))
RaisesMemory = raising(MemoryError)


class CallsExit(Good):
    def infer(self, batch, lane):
        sys.exit(5)


class Recurses(Good):
    def infer(self, batch, lane):
        return self.infer(batch, lane)


class Prints(Good):
    def load(self, model, options):
        print("x" * 5_000_000)
        os.write(1, b"y" * 5_000_000)

    def infer(self, batch, lane):
        print("z" * 5_000_000, flush=True)
        return labels_of(batch)


class Dies(Good):
    def infer(self, batch, lane):
        os._exit(7)


class Hangs(Good):
    def infer(self, batch, lane):
        threading.Event().wait()


class HangsWithTheLock(Good):
    def infer(self, batch, lane):
        while True:
            pass


class HangsInLoad(Good):
    def load(self, model, options):
        threading.Event().wait()


class Keeps(Good):
    """Keeps its results, and gives an array of its own each time."""

    def load(self, model, options):
        self.kept = []

    def infer(self, batch, lane):
        self.kept.append(labels_of(batch))
        return self.kept[-1]


class SmallMemory(Good):
    def infer(self, batch, lane):
        if len(batch) > 2:
            raise MemoryError("no room for more than 2")
        return labels_of(batch)


class SmallCard(Good):
    def infer(self, batch, lane):
        if len(batch) > 1:
            raise OutOfMemory("no room for more than 1")
        return labels_of(batch)


class LoadRaises(Good):
    def load(self, model, options):
        raise RuntimeError("no load today")


class LoadExits(Good):
    def load(self, model, options):
        sys.exit(4)


class BadNotes(Good):
    notes = [1, 2]


class BadInput(Good):
    input = ("x",)


class ManyLanes(Good):
    lanes = 1000


class ConstructorNeedsMore(Good):
    def __init__(self, argument):
        pass


class InferTakesOne(Good):
    def infer(self, batch):
        return labels_of(batch)


class LeavesAThread(Good):
    def load(self, model, options):
        threading.Thread(target=threading.Event().wait).start()
'''


class Worker:
    """python -m segfleet.worker, and the coordinator's end of its socket."""

    def __init__(self, folder):
        self.socket, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(LIMIT_S)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "segfleet.worker", "--socket-fd", str(far.fileno())],
            cwd=folder,
            pass_fds=[far.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        far.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.communicate()

    def send(self, message):
        self.socket.send(pack(message))

    def receive(self):
        data = self.socket.recv(1 << 16)
        return unpack(data) if data else None

    def receive_a(self, *kinds):
        while (message := self.receive()) is not None:
            if message["type"] in kinds:
                return message
        return None

    def finish(self):
        """Exit status, standard output and standard error."""
        output, errors = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, output.decode(), errors.decode()


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

    def setup(self, engine, batch=1):
        return {
            "type": "setup",
            "model": os.fsencode(self.folder / "model"),
            "engine": engine if engine == "onnxruntime" else f"engines:{engine}",
            "engine_options": {
                "device": "cpu",
                "threads": 1,
                "lanes": 1,
                "batch": batch,
                "precision": "fp32",
                "cache_folder": "",
                "extra": {},
            },
            "output": os.fsencode(self.folder / "out"),
            "write_mask": True,
            "write_overlay": False,
            "output_size": "original",
            "sticky_resize_by_short": False,
            "limits": {"max_file_bytes": 1 << 24, "max_pixels": 1 << 24, "max_side": 65500, "max_jpeg_scans": 100},
            "helper_threads": 2,
        }

    def lease(self):
        items = [
            {"id": i, "attempt": 1, "input": os.fsencode(path), "stem": os.fsencode(path.stem)}
            for i, path in enumerate(self.paths, 1)
        ]
        return {"type": "lease", "items": items}

    def masks(self):
        return [numpy.asarray(Image.open(path)) for path in sorted((self.folder / "out" / "masks").iterdir())]


def run(job, engine, batch=1):
    """Outcomes by item, and the notes. The worker must end with 0 once it is drained."""
    outcomes, notes = {}, []
    with Worker(job.folder) as worker:
        worker.send(job.setup(engine, batch))
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
    with Worker(tmp_path) as worker:
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
    with Worker(tmp_path) as worker:
        worker.send(Job(tmp_path).setup(engine))
        failed = worker.receive_a(b"ready", b"load_failed")
        assert failed["type"] == b"load_failed"
        assert failed["error"]["code"] == code and words in failed["error"]["message"].decode(), failed
        assert worker.finish()[0] == 1


def test_an_engine_that_ends_the_process_is_an_end_of_file(tmp_path):
    job = Job(tmp_path)
    with Worker(tmp_path) as worker:
        worker.send(job.setup("Dies"))
        assert worker.receive_a(b"ready") is not None
        worker.send(job.lease())
        assert worker.receive_a(b"outcome") is None
        assert worker.finish()[0] == 7


@pytest.mark.parametrize("engine", ["Hangs", "HangsWithTheLock"])
def test_end_of_file_ends_it_while_infer_hangs(tmp_path, engine):
    job = Job(tmp_path)
    with Worker(tmp_path) as worker:
        worker.send(job.setup(engine))
        assert worker.receive_a(b"ready") is not None
        worker.send(job.lease())
        while worker.receive_a(b"stats")["engine_busy_us"] == 0:
            pass  # not yet in the engine
        worker.socket.close()
        assert worker.finish() == (0, "", "")


def test_end_of_file_ends_it_while_load_hangs(tmp_path):
    with Worker(tmp_path) as worker:
        worker.send(Job(tmp_path).setup("HangsInLoad"))
        assert worker.receive()["type"] == b"hello"
        worker.socket.close()
        assert worker.finish() == (0, "", "")
