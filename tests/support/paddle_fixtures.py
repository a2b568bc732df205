# SPDX-License-Identifier: Apache-2.0
"""For tests against the stand-in: put it in Paddle's place, make a package."""

import sys

import pytest
from paddle_models import package
from stand_in_paddle import StandIn

PIR = b'{"base_code":{"magic":"pir"}}'


@pytest.fixture
def install(monkeypatch):
    """install(cuda=1): the stand-in is `paddle` until the test ends."""

    def put(**script):
        stand_in = StandIn(**script)
        for name, module in stand_in.module().items():
            monkeypatch.setitem(sys.modules, name, module)
        return stand_in

    return put


@pytest.fixture
def make_model(tmp_path):
    """make_model("model.json", shape): a package whose files need not be sound."""

    def make(graph="model.json", shape=(-1, 3, 32, 32), output_op="argmax"):
        (tmp_path / graph).write_bytes(b"\x0a" if graph.endswith(".pdmodel") else PIR)
        (tmp_path / "model.pdiparams").write_bytes(b"")
        return package(tmp_path, graph, output_op, shape)

    return make
