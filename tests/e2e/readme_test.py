# SPDX-License-Identifier: Apache-2.0
"""Every command that README.md shows a newcomer, in its order, from the folder that a clone makes."""

import os
import re
import subprocess

import pytest
from segfleet_cli import ROOT

README = (ROOT / "README.md").read_text()


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line and not line.startswith("#")]


def is_setting(command: str) -> bool:
    return command.startswith("export ")


def shell(command: str) -> subprocess.CompletedProcess:
    # The commands build and run the preset release: what this build's tests were told must not reach them.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SEGFLEET_") and k != "PYTHONPATH"}
    return subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True)


def test_the_demo_comes_first_and_does_what_the_page_says():
    assert commands()[0] == "./dev demo"
    run = shell("./dev demo")
    assert run.returncode == 0, run.stdout + run.stderr
    shown = re.search(r"ground truth:\n\n```\n(.*?)```", README, re.DOTALL)[1]
    said = [line.split()[0] for line in shown.splitlines() if line]
    for word in ["masks:", "overlays:", "ledger:", "IoU", "mIoU"]:
        assert word in said
        assert re.search(rf"^{word} ", run.stdout, re.MULTILINE), run.stdout
    assert float(re.search(r"^mIoU\s+([0-9.]+)", run.stdout, re.MULTILINE)[1]) >= 0.85
    assert len(re.findall(r"images/s, peak memory", run.stdout)) >= 2 or os.cpu_count() == 1


@pytest.mark.parametrize("command", [command for command in commands()[1:] if not is_setting(command)])
def test_the_command_works_in_the_shell_that_ran_those_before(command):
    before = commands()[: commands().index(command)]
    run = shell("\n".join([*filter(is_setting, before), command]))
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout
