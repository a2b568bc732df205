# SPDX-License-Identifier: Apache-2.0
"""The words of the command line: help, version, usage errors, completion."""

import shutil
import subprocess

import pytest
from segfleet_cli import SEGFLEET, segfleet

COMMANDS = ["run", "devices", "inspect", "doctor", "completion"]


def test_help_goes_to_standard_output_with_status_0():
    ended = segfleet("--help")
    assert ended.status == 0
    assert ended.err == ""
    for command in COMMANDS:
        assert command in ended.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_version(command):
    ended = segfleet(command, "--help")
    assert (ended.status, ended.err) == (0, "")
    ended = segfleet(command, "--version")
    assert ended.status == 0
    assert ended.out.startswith("segfleet 0.")


def test_no_words_is_a_usage_error_on_standard_error():
    ended = segfleet()
    assert ended.status == 2
    assert ended.out == ""
    assert "run" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["walk"], "walk"),
        (["run"], "--model"),
        (["run", "--model", "m", "--output", "o"], "--input"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--batch", "0"], "--batch"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--batch", "many"], "--batch"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--precision", "int3"], "--precision"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--outputs", "mask,video"], "--outputs"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--resume", "--restart"], "--restart"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--min-confidence", "1.5"], "--min-confidence"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--unknown-class", "256"], "--unknown-class"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--threshold", "1"], "--threshold"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--threshold", "nan"], "--threshold"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--restore", "scores"], "--restore"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--engine-option", "novalue"], "KEY=VALUE"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--frobnicate"], "--frobnicate"),
        (["completion", "tcsh"], "bash"),
    ],
)
def test_a_usage_error_names_the_word_and_has_status_2(arguments, said):
    ended = segfleet(*arguments)
    assert ended.status == 2, ended
    assert said in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command_and_option(shell):
    script = segfleet("completion", shell).out
    for word in [*COMMANDS, "workers-per-device", "restart"]:
        assert word in script


def test_bash_completes_a_command_and_an_option():
    bash = shutil.which("bash")
    script = f"""
    source <({SEGFLEET} completion bash)
    COMP_WORDS=(segfleet ins); COMP_CWORD=1; _segfleet; echo "${{COMPREPLY[@]}}"
    COMP_WORDS=(segfleet run --workers); COMP_CWORD=2; _segfleet; echo "${{COMPREPLY[@]}}"
    """
    run = subprocess.run([bash, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["inspect", "--workers-per-device"]
