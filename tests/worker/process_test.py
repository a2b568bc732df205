# SPDX-License-Identifier: Apache-2.0
"""The program segfleet-worker, with the simulated engine behind it and this test as its coordinator."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import numpy
import pytest
from message_pack import pack
from PIL import Image
from worker_process import LIMIT_S, WorkerProcess, setup_message

WORKER = str(pathlib.Path(os.environ["SEGFLEET_BIN"]) / "segfleet-worker")

RED_0 = -1.0  # first value of the tensor for a picture of that red, after Normalize(0.5, 0.5)
RED_255 = 1.0


class Worker(WorkerProcess):
    """segfleet-worker."""

    def __init__(self, launch=lambda command: command):
        super().__init__([WORKER], launch)

    def outcomes(self):
        """Those that come until end-of-file; exactly one each."""
        found = {}
        while (outcome := self.receive_a(b"outcome")) is not None:
            assert outcome["id"] not in found
            found[outcome["id"]] = outcome
        return found


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "deploy.yaml").write_text(
        "Deploy:\n  model: model.onnx\n  transforms:\n  - type: Normalize\n  output_op: argmax\n"
    )
    (folder / "model.onnx").write_bytes(b"graph")
    return folder


def setup(model, output, batch=1, lanes=1, **extra):
    options = {key: str(value) for key, value in extra.items()}
    return setup_message(model, "simulated", output, device="sim:0", batch=batch, lanes=lanes, extra=options)


def picture(folder, name, size=(16, 8), red=100, noise=False):
    folder.mkdir(exist_ok=True)
    pixels = numpy.full((size[1], size[0], 3), red, numpy.uint8)
    if noise:
        pixels = numpy.random.default_rng(1).integers(0, 255, pixels.shape, numpy.uint8)
    Image.fromarray(pixels).save(folder / name)
    return folder / name


def lease(*paths):
    return {
        "type": "lease",
        "items": [
            {"id": i, "attempt": 1, "input": os.fsencode(path), "stem": os.fsencode(path.stem)}
            for i, path in enumerate(paths, 1)
        ],
    }


def start(worker, message):
    assert worker.receive()["type"] == b"hello"
    worker.send(message)
    ready = worker.receive_a(b"ready")
    assert ready is not None, worker.finish()
    return ready


def drain(worker):
    worker.send({"type": "drain"})
    return worker.outcomes()


def test_every_item_of_mixed_sizes_has_exactly_one_outcome(tmp_path, model):
    paths = [picture(tmp_path / "in", f"{i}.png", (8 + i % 3, 8)) for i in range(100)]
    paths[10].write_bytes(b"")
    paths[20].unlink()
    with Worker() as worker:
        start(worker, setup(model, tmp_path / "out", batch=4, lanes=2))
        worker.send(lease(*paths))
        outcomes = drain(worker)
        assert worker.finish() == (0, "", "")
    assert sorted(outcomes) == list(range(1, 101))
    assert [i for i, outcome in sorted(outcomes.items()) if not outcome["done"]] == [11, 21]
    assert len(list((tmp_path / "out" / "masks").iterdir())) == 98
    mask = Image.open(tmp_path / "out" / "masks" / "1.png")
    assert mask.mode == "P" and mask.size == (9, 8)


def test_only_the_guilty_item_of_a_batch_fails(tmp_path, model):
    paths = [picture(tmp_path / "in", f"{i}.png", red=255 if i == 5 else 100) for i in range(16)]
    with Worker() as worker:
        start(worker, setup(model, tmp_path / "out", batch=8, fail_if_first_pixel=RED_255))
        worker.send(lease(*paths))
        outcomes = drain(worker)
    assert len(outcomes) == 16
    assert [i for i, outcome in outcomes.items() if not outcome["done"]] == [6]
    assert outcomes[6]["error"]["code"] == b"engine_error"
    assert os.fsencode(paths[5]) in outcomes[6]["error"]["message"]


def test_batches_that_do_not_fit_in_memory_are_halved(tmp_path, model):
    paths = [picture(tmp_path / "in", f"{i}.png") for i in range(40)]
    with Worker() as worker:
        start(worker, setup(model, tmp_path / "out", batch=8, oom_if_batch_over=2, latency_ms=2))
        worker.send(lease(*paths))
        outcomes = drain(worker)
    assert len(outcomes) == 40 and all(outcome["done"] for outcome in outcomes.values())


def feed_until(worker, items, seen):
    """Leases these pictures again and again, at most 64 at once, until the stats are as they should be."""
    count = left = looks = 0
    while looks < 800:  # 200 s: the way from "not yet" to "never"
        while left < 64:
            path = items[count % len(items)]
            count += 1
            item = {"id": count, "attempt": 1, "input": os.fsencode(path), "stem": str(count % 64).encode()}
            worker.send({"type": "lease", "items": [item]})
            left += 1
        message = worker.receive_a(b"outcome", b"stats")
        assert message is not None, worker.finish()
        if message["type"] == b"stats" and seen(message):
            return message
        looks += message["type"] == b"stats"
        left -= message["type"] == b"outcome"
    pytest.fail(f"never so: {message}")


def with_helpers(message, first, limit):
    return {**message, "helper_threads": first, "helper_threads_limit": limit}


def test_more_threads_decode_while_the_engine_waits_for_pictures(tmp_path, model):
    large = [picture(tmp_path / "in", "large.png", (1024, 1024), noise=True)]
    with Worker() as worker:
        start(worker, with_helpers(setup(model, tmp_path / "out"), 1, 3))
        feed_until(worker, large, lambda stats: stats["prepare_threads"] == 3)


@pytest.fixture
def memory_folder():
    """Where no disk is waited for."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="segfleet-test-") as folder:
        yield pathlib.Path(folder)


def test_more_threads_encode_while_the_engine_waits_for_them(tmp_path, memory_folder, model):
    # Nothing to decode: a BMP is its pixels. Labels of noise are no smaller than the picture as a PNG.
    picture(tmp_path / "in", "noise.bmp", (1024, 1024), noise=True)
    message = {**setup(model, memory_folder / "out"), "write_overlay": True}
    with Worker() as worker:
        start(worker, with_helpers(message, 1, 2))
        feed_until(worker, [tmp_path / "in" / "noise.bmp"], lambda stats: stats["finish_threads"] == 2)


def test_helper_threads_are_as_many_as_told_where_they_may_not_grow(tmp_path, model):
    large = [picture(tmp_path / "in", "large.png", (1024, 1024), noise=True)]
    with Worker() as worker:
        start(worker, with_helpers(setup(model, tmp_path / "out"), 1, 1))
        looks = []
        feed_until(worker, large, lambda stats: looks.append(stats) or len(looks) == 8)
    assert {(stats["prepare_threads"], stats["finish_threads"]) for stats in looks} == {(1, 1)}


def test_labels_do_not_depend_on_how_many_threads_help(tmp_path, model):
    pictures = [picture(tmp_path / "in", f"{i}.png", (64 + i, 48), red=i, noise=i % 2 == 0) for i in range(60)]
    masks = []
    for threads in (1, 4):
        out = tmp_path / f"out{threads}"
        with Worker() as worker:
            start(worker, with_helpers(setup(model, out), threads, 4))
            worker.send(lease(*pictures))
            assert all(outcome["done"] for outcome in drain(worker).values())
        masks.append({path.name: path.read_bytes() for path in (out / "masks").iterdir()})
    assert masks[0] == masks[1] and len(masks[0]) == 60


@pytest.mark.parametrize("fault", ["wrong_count", "wrong_shape"])
def test_outputs_of_a_wrong_form_are_an_engine_error(tmp_path, model, fault):
    with Worker() as worker:
        start(worker, setup(model, tmp_path / "out", **{fault: 1}))
        worker.send(lease(picture(tmp_path / "in", "a.png")))
        outcomes = drain(worker)
    assert outcomes[1]["error"]["code"] == b"engine_error"
    assert b"for an input of 1x3x8x16" in outcomes[1]["error"]["message"]


def test_a_load_failure_is_told(tmp_path, model):
    with Worker() as worker:
        worker.send(setup(model, tmp_path / "out", fail_at_load=1))
        failed = worker.receive_a(b"load_failed")
        assert failed["error"]["code"] == b"engine_error"
        assert worker.finish()[0] == 1


def test_signals_for_the_process_group_do_not_end_it(tmp_path, model):
    with Worker() as worker:
        start(worker, setup(model, tmp_path / "out"))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            worker.process.send_signal(number)
        worker.send(lease(picture(tmp_path / "in", "a.png")))
        assert drain(worker)[1]["done"]
        assert worker.finish()[0] == 0


def test_end_of_file_ends_it_while_the_engine_hangs(tmp_path, model):
    with Worker() as worker:
        start(worker, setup(model, tmp_path / "out", hang_if_first_pixel=RED_0))
        worker.send(lease(picture(tmp_path / "in", "a.png", red=0)))
        while worker.receive_a(b"stats")["engine_busy_us"] == 0:
            pass  # not yet in the engine
        worker.socket.close()
        assert worker.finish() == (0, "", "")


def test_end_of_file_ends_it_while_the_model_loads(tmp_path, model):
    with Worker() as worker:
        worker.send(setup(model, tmp_path / "out", load_ms=1_000_000))
        assert worker.receive()["type"] == b"hello"
        worker.socket.close()
        assert worker.finish() == (0, "", "")


def test_the_death_of_its_parent_ends_it(tmp_path, model):
    """The socket's other end stays open here, so only the kernel's signal is left to end it."""
    relay = "import subprocess, sys; subprocess.Popen(sys.argv[1:], pass_fds=[int(sys.argv[-1])]).wait()"
    with Worker(lambda command: [sys.executable, "-c", relay, *command]) as worker:
        worker.send(setup(model, tmp_path / "out"))
        assert worker.receive_a(b"ready") is not None
        worker.process.kill()
        assert worker.receive_a(b"outcome") is None  # stats until end-of-file


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xc1", "MessagePack"),
        (b"\x91" * 65536, "nested deeper than 8 levels"),
        (pack({"type": "gossip"}), "unknown type 'gossip'"),
        (pack({"type": "lease", "items": []}), "lease before ready"),
        (pack({"type": "setup"}), "setup.model is missing"),
    ],
    ids=["no MessagePack", "deep nesting", "unknown type", "too early", "missing field"],
)
def test_a_peer_that_breaks_the_protocol_ends_it_with_one_line(data, reason):
    with Worker() as worker:
        worker.socket.send(data)
        status, output, errors = worker.finish()
    assert (status, output) == (1, "")
    assert errors.startswith("segfleet-worker: protocol_error: ") and errors.count("\n") == 1
    assert reason in errors


def can_mount():
    try:
        return subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not can_mount(), reason="no mount namespaces here")
def test_a_full_disk_fails_items_and_leaves_no_halves(tmp_path, model):
    output = tmp_path / "out"
    output.mkdir()

    # The worker's own small disk; what is on it at the end is copied out before it vanishes.
    script = 'mount -t tmpfs -o size=128k tmpfs "$0" && "$@"; status=$?; ls -A "$0/masks" > "$0.list"; exit $status'

    def launch(command):
        return ["unshare", "-rm", "sh", "-c", script, str(output), *command]

    paths = [picture(tmp_path / "in", f"{i}.png", (200, 200), noise=True) for i in range(20)]
    with Worker(launch) as worker:
        start(worker, setup(model, output))
        worker.send(lease(*paths))
        outcomes = drain(worker)
        assert worker.finish()[0] == 0
    done = {i for i, outcome in outcomes.items() if outcome["done"]}
    assert len(outcomes) == 20 and 0 < len(done) < 20
    for i, outcome in outcomes.items():
        if i not in done:
            assert outcome["error"]["code"] == b"no_space"
            assert outcome["failed_stage"] == b"write"
            assert b"/masks" in outcome["error"]["message"]
    written = pathlib.Path(f"{output}.list").read_text().split()
    assert set(written) == {f"{i - 1}.png" for i in done}


def run_program(*arguments):
    return subprocess.run([WORKER, *arguments], capture_output=True, timeout=LIMIT_S, text=True)


def test_describe_engine_prints_one_line_of_json():
    result = run_program("--describe-engine", "simulated")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("\n") == 1
    assert set(json.loads(result.stdout)) == {"version", "devices"}


def test_describe_model_prints_inputs_and_outputs(model):
    result = run_program("--describe-model", str(model), "--engine", "simulated")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["input"]["shape"] == [-1, 3, -1, -1]


def test_describe_says_what_failed(tmp_path):
    result = run_program("--describe-engine", "none")
    assert result.returncode == 1
    assert json.loads(result.stdout)["error"]["code"] == "engine_unavailable"
    result = run_program("--describe-model", str(tmp_path / "missing"), "--engine", "simulated")
    assert result.returncode == 1
    assert json.loads(result.stdout)["error"]["code"] == "not_found"
    assert "missing" in result.stderr


def test_wrong_use_is_explained():
    assert run_program("--version").returncode == 0
    result = run_program()
    assert result.returncode == 2 and "segfleet run" in result.stderr
    assert run_program("--socket-fd", "999").returncode == 2
    assert run_program("--socket-fd", "3", "--describe-engine", "simulated").returncode != 0
    assert run_program("--socket-fd", "word").returncode != 0
