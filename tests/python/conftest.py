# SPDX-License-Identifier: Apache-2.0
"""What several files of tests open: a package with the engines of fleet_fixture.py, and a fleet on it."""

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
