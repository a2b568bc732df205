# SPDX-License-Identifier: Apache-2.0
"""Tiny networks saved as Paddle saves them, and predictors made as PaddleSeg's deploy/python/infer.py makes them."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

CLASSES = 4

_NETWORK = """
import sys
import paddle

head, folder, sides = sys.argv[1], sys.argv[2], [int(side) for side in sys.argv[3].split("x")]
paddle.seed(5)

class Network(paddle.nn.Layer):
    def __init__(self):
        super().__init__()
        self.stem = paddle.nn.Sequential(paddle.nn.Conv2D(3, 8, 3, stride=2, padding=1), paddle.nn.BatchNorm2D(8),
                                         paddle.nn.ReLU(), paddle.nn.Conv2D(8, 4, 3, padding=1))

    def forward(self, x, second=None):
        y = self.stem(x if second is None else x + second)
        y = paddle.nn.functional.interpolate(y, size=paddle.shape(x)[2:], mode="bilinear")
        labels = lambda dtype, keepdim: paddle.argmax(y, axis=1, dtype=dtype, keepdim=keepdim)
        softmax = lambda: paddle.nn.functional.softmax(y, axis=1)
        heads = {
            "argmax": lambda: labels("int32", False), "int64": lambda: labels("int64", False),
            "keepdim": lambda: labels("int32", True), "softmax": softmax, "two_inputs": lambda: labels("int32", False),
            "two_outputs": lambda: (labels("int32", False), softmax()), "vector": lambda: y.mean([2, 3]),
            "float_labels": lambda: labels("int32", False).astype("float32"),
        }
        return heads[head]()
"""
_SAVE_PIR = """
network = Network()
network.eval()
names = ["x", "second"] if head == "two_inputs" else ["x"]
spec = [paddle.static.InputSpec([None, 3, *sides], "float32", name) for name in names]
paddle.jit.save(paddle.jit.to_static(network, input_spec=spec, full_graph=True), folder + "/model")
"""
_SAVE_LEGACY = """
paddle.enable_static()
main, start = paddle.static.Program(), paddle.static.Program()
with paddle.static.program_guard(main, start):
    x = paddle.static.data("x", [None, 3, *sides], "float32")
    network = Network()
    network.eval()
    y = network(x)
    main = main.clone(for_test=True)
    executor = paddle.static.Executor()
    executor.run(start)
    paddle.static.save_inference_model(folder + "/model", [x], list(y) if isinstance(y, tuple) else [y], executor,
                                       program=main)
"""


def export(folder: Path, head: str, legacy: bool = False, sides: tuple[int, int] = (-1, -1)) -> SimpleNamespace:
    """Saves the network with that head in `folder`, in a process of its own: the format is a flag of the process."""
    folder.mkdir()
    script = folder / "save.py"  # a file: to_static() reads the source of what it converts
    script.write_text(_NETWORK + (_SAVE_LEGACY if legacy else _SAVE_PIR))
    environment = dict(os.environ, FLAGS_enable_pir_api="0" if legacy else "1", GLOG_minloglevel="2")
    saved = subprocess.run(
        [sys.executable, str(script), head, str(folder), "x".join(map(str, sides))],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert saved.returncode == 0, saved.stderr
    return package(folder, "model.pdmodel" if legacy else "model.json", head, (-1, 3, *sides))


def package(folder: Path, graph: str, output_op: str, shape: tuple[int, ...]) -> SimpleNamespace:
    """What an engine reads of a model package, without deploy.yaml."""
    return SimpleNamespace(
        folder=folder,
        config_path=folder / "deploy.yaml",
        graph_path=folder / graph,
        weights_path=folder / "model.pdiparams",
        format="paddle",
        input_shape=list(shape),
        output_op="softmax" if output_op == "softmax" else "argmax",
        fingerprint="0123456789abcdef" * 2,
    )


def make_predictor(model, onednn: bool, threads: int = 1):
    """As deploy/python/infer.py --device cpu makes it (less enable_memory_optim, which fails on PIR)."""
    from paddle import inference

    config = inference.Config(str(model.graph_path), str(model.weights_path))
    config.disable_glog_info()
    config.disable_gpu()
    if onednn:
        config.set_mkldnn_cache_capacity(10)
        config.enable_mkldnn()
    elif hasattr(config, "disable_mkldnn"):
        config.disable_mkldnn()
    config.set_cpu_math_library_num_threads(threads)
    return inference.create_predictor(config)


def predict(predictor, batch):
    """Output 0, as infer.py gets it."""
    handle = predictor.get_input_handle(predictor.get_input_names()[0])
    handle.reshape(batch.shape)
    handle.copy_from_cpu(batch)
    predictor.run()
    return predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()


def infer_py(model, batch, onednn: bool, threads: int = 1):
    """Output 0 of a predictor of its own."""
    return predict(make_predictor(model, onednn, threads), batch)
