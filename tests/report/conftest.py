# SPDX-License-Identifier: Apache-2.0
"""The job that most tests of the report look at."""

import pytest
from report_job import SIMULATED, make_inputs, make_model
from segfleet_cli import run


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """The output folder of a run with two failures."""
    folder = tmp_path_factory.mktemp("job")
    output = folder / "out"
    ended = run(make_model(folder / "model"), make_inputs(folder / "in"), output, *SIMULATED)
    assert ended.status == 3, ended
    return output
