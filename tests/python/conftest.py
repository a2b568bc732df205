# SPDX-License-Identifier: Apache-2.0
"""What several files of tests open: a package with the engines of fleet_fixture.py, and a fleet on it; a card that is
not there."""

import sys

import pytest
from fleet_fixture import write_package


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_package(tmp_path)


@pytest.fixture
def fleet(model):
    import segfleet  # here: other files of this folder say themselves what is imported before it

    with segfleet.Fleet(model, "cpu", engine="own_engine:Bright") as opened:
        yield opened


def forget_engine():
    for name in [name for name in sys.modules if name.startswith("segfleet.engines.onnxruntime")]:
        del sys.modules[name]


@pytest.fixture
def script(monkeypatch, cuda):
    """Of scripted_onnxruntime, which is what the engine imports."""
    import scripted_onnxruntime

    forget_engine()
    monkeypatch.setitem(sys.modules, "onnxruntime", scripted_onnxruntime)
    scripted_onnxruntime.script = scripted_onnxruntime.Script()
    yield scripted_onnxruntime.script
    forget_engine()


@pytest.fixture
def cuda(monkeypatch):
    import scripted_cuda

    return scripted_cuda.stand_in(monkeypatch)


@pytest.fixture
def package(tmp_path):
    from onnx_writer import segmenter, write_package
    from segfleet import load_model_package

    return load_model_package(write_package(tmp_path / "model", segmenter()))
