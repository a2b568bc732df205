# SPDX-License-Identifier: Apache-2.0
"""engines/paddle on the installed Paddle, on the CPU. What needs a card: paddle_stand_in_test.py."""

import json
import subprocess
import sys
import threading

import numpy as np
import pytest
from paddle_models import CLASSES, export, infer_py
from segfleet import EngineOptions
from segfleet.engines.paddle import PaddleEngine
from segfleet.errors import EngineError, InvalidArgument, ModelUnsupported

KINDS = pytest.mark.parametrize("legacy", [False, True], ids=["pir", "pdmodel"])


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """models("softmax", legacy=True): exported at most once."""
    folder, made = tmp_path_factory.mktemp("models"), {}

    def get(head, legacy=False, sides=(-1, -1)):
        key = (head, legacy, sides)
        if key not in made:
            made[key] = export(folder / f"{head}-{legacy}-{sides[0]}", head, legacy, sides)
        return made[key]

    return get


def loaded(model, **options):
    engine = PaddleEngine()
    engine.load(model, EngineOptions(device="cpu", **{"threads": 1, "batch": 4, **options}))
    return engine


def pictures(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def full_onednn(model):
    """Whether this Paddle runs the model with all of oneDNN, as 3.3.1 does not."""
    try:
        infer_py(model, pictures(1, 3, 32, 32), onednn=True)
    except NotImplementedError:
        return False
    return True


@KINDS
@pytest.mark.parametrize("head", ["argmax", "softmax"])
@pytest.mark.parametrize("onednn", [True, False], ids=["onednn", "plain"])
def test_output_is_bit_for_bit_what_infer_py_gets(models, head, legacy, onednn):
    model = models(head, legacy)
    if onednn and not full_onednn(model):
        pytest.skip("this Paddle's oneDNN cannot run the model at all")
    batch = pictures(2, 3, 48, 64)
    output = loaded(model, extra={"onednn": str(int(onednn))}).infer(batch, 0)
    expected = infer_py(model, batch, onednn)
    assert output.dtype == expected.dtype
    np.testing.assert_array_equal(output, expected)
    assert len(np.unique(output)) > 1


@KINDS
def test_what_load_tells_of_the_model(models, legacy):
    engine = loaded(models("softmax", legacy, (48, 64)))
    assert engine.class_count == CLASSES
    assert engine.input == ("x", "f32", [-1, 3, 48, 64])
    assert engine.output[1:] == ("f32", [-1, CLASSES, 48, 64])
    assert engine.lanes == 1
    assert engine.version[0].isdigit()
    labels = loaded(models("argmax", legacy))
    assert labels.class_count == 0
    assert labels.output[1:] == ("i32", [-1, -1, -1])


@KINDS
def test_what_onednn_cannot_run_gives_the_same_labels_and_is_told_once(models, legacy):
    model = models("argmax", legacy)
    engine = loaded(model)
    batch = pictures(1, 3, 40, 40)
    assert (engine.infer(batch, 0) == infer_py(model, batch, onednn=False)).mean() > 0.999
    if full_onednn(model):
        assert engine.notes == []
    else:
        assert len(engine.notes) == 1
        assert "1.5 times slower; pip install paddlepaddle==3.2.2" in engine.notes[0]


@pytest.mark.parametrize("head", ["int64", "keepdim", "float_labels"])
def test_labels_in_other_forms_become_n_h_w_integers(models, head):
    batch = pictures(2, 3, 32, 32)
    output = loaded(models(head)).infer(batch, 0)
    assert output.dtype == (np.int64 if head == "int64" else np.int32)
    np.testing.assert_array_equal(output, loaded(models("argmax")).infer(batch, 0))


@KINDS
def test_lent_memory_is_not_written_and_may_be_used_again(models, legacy):
    engine = loaded(models("argmax", legacy))
    first, second = pictures(1, 3, 64, 64, seed=1), pictures(1, 3, 64, 64, seed=2)
    expected = [loaded(models("argmax", legacy)).infer(picture, 0) for picture in (first, second)]
    assert (expected[0] != expected[1]).any()
    lent = first.copy()
    labels = engine.infer(lent, 0)
    np.testing.assert_array_equal(lent, first)
    lent[:] = np.nan
    np.testing.assert_array_equal(labels, expected[0])
    lent[:] = second
    np.testing.assert_array_equal(engine.infer(lent, 0), expected[1])
    np.testing.assert_array_equal(labels, expected[0])  # not overwritten by the next run


def test_a_read_only_batch_is_taken(models):
    batch = pictures(1, 3, 32, 32)
    expected = loaded(models("argmax")).infer(batch.copy(), 0)
    batch.flags.writeable = False
    np.testing.assert_array_equal(loaded(models("argmax")).infer(batch, 0), expected)


@KINDS
def test_batches_and_sizes_may_vary_beyond_the_shape_cache(models, legacy):
    engine = loaded(models("argmax", legacy), extra={"shape_cache": "1"})
    for height, width in [(32, 32), (33, 47), (1, 1), (64, 16), (32, 32), (33, 47)]:
        batch = pictures(4, 3, height, width)
        together = engine.infer(batch, 0)
        assert together.shape == (4, height, width)
        alone = np.concatenate([engine.infer(batch[i : i + 1], 0) for i in range(4)])
        np.testing.assert_array_equal(together, alone)


def test_another_thread_than_that_of_load_may_run_it(models):
    engine, batch, outputs = loaded(models("argmax")), pictures(1, 3, 32, 32), []
    thread = threading.Thread(target=lambda: outputs.append(engine.infer(batch, 0)))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(outputs[0], engine.infer(batch, 0))


@KINDS
def test_bf16_stays_near_fp32_or_is_refused_in_words(models, legacy):
    import paddle

    model, batch = models("softmax", legacy), pictures(1, 3, 64, 64)
    if not paddle.base.core.supports_bfloat16():
        with pytest.raises(InvalidArgument, match="this CPU has no AVX-512"):
            loaded(model, precision="bf16")
        return
    if not full_onednn(model):
        with pytest.raises(Exception, match="precision bf16: the oneDNN of Paddle .* cannot run this PIR model"):
            loaded(model, precision="bf16")
        return
    try:
        engine = loaded(model, precision="bf16")
    except EngineError as error:  # some .pdmodel graphs: one operator is given bfloat16 and asks for float32
        assert legacy
        assert str(error).startswith("precision bf16: Paddle cannot run a batch: (InvalidArgument)")
        assert str(error).endswith("; use --precision fp32")
        return
    np.testing.assert_allclose(engine.infer(batch, 0), loaded(model).infer(batch, 0), atol=0.02)


def test_a_second_output_is_told_and_a_second_input_refused(models):
    assert "model.json has 2 outputs" in " ".join(loaded(models("two_outputs")).notes)
    with pytest.raises(ModelUnsupported, match=r"has 2 inputs \((x, second|second, x)\)"):
        loaded(models("two_inputs"))


def test_an_output_that_is_no_picture_is_refused_at_load(models):
    with pytest.raises(EngineError, match=r"output 0 is float32 \[1, 4\] for a batch of 1: expected N×H×W labels"):
        loaded(models("vector", sides=(32, 32)))


@KINDS
@pytest.mark.parametrize("damaged", ["graph_path", "weights_path"])
@pytest.mark.parametrize("damage", ["empty", "cut", "noise"])
def test_a_damaged_file_is_an_error_of_one_short_line(models, tmp_path, legacy, damaged, damage):
    model = models("argmax", legacy)
    sound = {"graph_path": model.graph_path, "weights_path": model.weights_path}
    copies = {key: tmp_path / path.name for key, path in sound.items()}
    for key, path in sound.items():
        content = path.read_bytes()
        damages = {"empty": b"", "cut": content[: len(content) // 2], "noise": b"\x07segfleet" * 40}
        copies[key].write_bytes(damages[damage] if key == damaged else content)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from paddle_models import package\nfrom pathlib import Path\nimport segfleet\n"
        "from segfleet.engines.paddle import PaddleEngine\n"
        "try:\n"
        "    PaddleEngine().load(package(Path(sys.argv[2]), sys.argv[3], 'argmax', (-1, 3, 32, 32)),\n"
        "                        segfleet.EngineOptions())\n"
        "    print('loaded')\n"
        "except segfleet.Error as error: print(error.code, error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, __file__.rpartition("/")[0] + "/../support", tmp_path, model.graph_path.name],
        capture_output=True,
        text=True,
        timeout=120,
    )
    line = told.stdout.strip().splitlines()[-1] if told.stdout.strip() else f"died: {told.returncode} {told.stderr}"
    path = copies["graph_path"]
    starts = (f"engine_error Paddle cannot load {path}: ", f"model_invalid {path} is no Paddle program")
    assert line.startswith(starts), line
    assert len(line) < 700
    assert "C++ Traceback" not in line
    assert "/paddle/paddle/" not in line


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (
            np.zeros((1, 3, 16, 32), np.float32),
            r"takes float32 \[-1, 3, 32, 32\] and was given float32 \[1, 3, 16, 32\]",
        ),
        (np.zeros((1, 4, 32, 32), np.float32), r"given float32 \[1, 4, 32, 32\]"),
        (np.zeros((3, 32, 32), np.float32), r"given float32 \[3, 32, 32\]"),
        (np.zeros((0, 3, 32, 32), np.float32), r"given float32 \[0, 3, 32, 32\]"),
        (np.zeros((1, 3, 32, 32), np.uint8), r"given uint8"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused_and_the_engine_goes_on(models, batch, words):
    engine, good = loaded(models("argmax", sides=(32, 32))), pictures(1, 3, 32, 32)
    expected = engine.infer(good, 0)
    with pytest.raises(EngineError, match=words):
        engine.infer(batch, 0)
    np.testing.assert_array_equal(engine.infer(good, 0), expected)


def test_memory_that_runs_out_is_out_of_memory_and_a_smaller_batch_goes_on(models, tmp_path):
    model = models("argmax")
    script = (
        "import resource, sys; sys.path.insert(0, sys.argv[1])\n"
        "import numpy as np, segfleet\nfrom pathlib import Path\nfrom paddle_models import package\n"
        "from segfleet.engines.paddle import PaddleEngine\n"
        "engine = PaddleEngine()\n"
        "engine.load(package(Path(sys.argv[2]), 'model.json', 'argmax', (-1, 3, -1, -1)),\n"
        "            segfleet.EngineOptions(threads=1))\n"
        "batch = np.ones((1, 3, 4096, 4096), np.float32)\n"
        "used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), used + (64 << 20)))\n"
        "try:\n    engine.infer(batch, 0)\n"
        "except segfleet.Error as error:\n    print(error.code, error)\n"
        "print(engine.infer(np.ones((1, 3, 32, 32), np.float32), 0).shape)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, __file__.rpartition("/")[0] + "/../support", model.folder],
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = told.stdout.strip().splitlines()[-2:]
    assert lines[0].startswith("out_of_memory Paddle ran out of memory while it tried to run a batch: "), told
    assert lines[1] == "(1, 32, 32)"


def test_the_worker_describes_a_pdmodel_package(models):
    model = models("softmax", legacy=True, sides=(32, 64))
    model.config_path.write_text(
        "Deploy:\n  model: model.pdmodel\n  params: model.pdiparams\n  input_shape: [-1, 3, 32, 64]\n"
        "  output_op: softmax\n  output_dtype: float32\n"
        "  transforms:\n  - {type: Resize, target_size: [64, 32]}\n  - type: Normalize\n"
    )
    command = [sys.executable, "-m", "segfleet.worker", "--describe-model", str(model.folder), "--engine", "paddle"]
    worker = subprocess.run(command, capture_output=True, text=True, timeout=120)
    told = json.loads(worker.stdout)
    assert told["name"] == "paddle"
    assert told["input"] == {"name": "x", "type": "f32", "shape": [-1, 3, 32, 64]}
    assert told["output"]["shape"] == [-1, CLASSES, 32, 64]
    assert told["class_count"] == CLASSES
