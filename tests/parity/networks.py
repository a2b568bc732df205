# SPDX-License-Identifier: Apache-2.0
"""PaddleSeg's networks for the parity suite: small pictures, random weights, exported once for all runs of a build.

Their batch normalisation is set by random pictures first. Without it the scores of a network that was never trained
shrink to 1e-10 and less, where every pixel is a tie.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import segfleet.convert

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "python"))

import export_network  # noqa: E402
import numpy as np  # noqa: E402
import paddle  # noqa: E402

CACHE = Path(os.environ["SEGFLEET_BIN"]).parent / "test-cache" / "parity"
SIDES = {  # height, width
    "pp_liteseg": (128, 256),
    "pp_humanseg_lite": (64, 96),
    "mobileseg": (128, 256),
    "unet": (48, 64),
    "deeplabv3p": (64, 96),
    "segformer": (64, 96),
}
OPS = ("argmax", "softmax", "none")
# What an entry of the cache is made from.
_MADE_FROM = hashlib.sha256(
    Path(__file__).read_bytes()
    + Path(export_network.__file__).read_bytes()
    + repr([importlib.metadata.version(name) for name in ("paddlepaddle", "paddleseg", "paddle2onnx")]).encode()
).hexdigest()[:16]


def exported(network: str, op: str) -> Path:
    """The package with the Paddle graph. It is shared: copy it before changing it."""
    folder = CACHE / _MADE_FROM / f"{network}-{op}"
    with _locked(network):
        if not folder.exists():
            made = folder.with_name(folder.name + ".new")
            shutil.rmtree(made, ignore_errors=True)
            export_network.export(network, made, op, sides=SIDES[network], prepare=_normalise(SIDES[network]))
            made.rename(folder)
    return folder


def converted(network: str, op: str) -> Path:
    """The package with the ONNX graph that segfleet.convert makes of exported()."""
    source, folder = exported(network, op), CACHE / _MADE_FROM / f"{network}-{op}-onnx"
    with _locked(network):
        if not folder.exists():
            with mock.patch.dict(os.environ, XDG_CACHE_HOME=str(CACHE / "home")):
                segfleet.convert.to_onnx(source, folder)
    return folder


def _normalise(sides: tuple[int, int]):
    def prepare(network) -> None:
        layers = [layer for layer in network.sublayers() if isinstance(layer, paddle.nn.BatchNorm2D)]
        for layer in layers:
            layer._momentum = 0.0  # the statistics of this batch alone
        network.train()
        batch = np.random.default_rng(3).normal(size=(4, 3, *sides)).astype(np.float32)
        with paddle.no_grad():
            network(paddle.to_tensor(batch))

    return prepare


@contextlib.contextmanager
def _locked(network: str) -> Iterator[None]:
    """Test files that run beside each other make a network once."""
    (CACHE / _MADE_FROM).mkdir(parents=True, exist_ok=True)
    with (CACHE / _MADE_FROM / f"{network}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
