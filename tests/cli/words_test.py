# SPDX-License-Identifier: Apache-2.0
"""The words of the command line: help, version, usage errors, completion."""

import shutil
import subprocess

import pytest
from segfleet_cli import DEMO_MODEL, SEGFLEET, Ended, segfleet

COMMANDS = ["run", "tune", "ctl", "devices", "inspect", "convert", "report", "doctor", "completion"]


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
        (["walk"], "run, tune, ctl, devices, inspect, convert, report, doctor, completion"),
        (["rnu"], "did you mean run?"),
        (["--versoin"], "did you mean --version?"),
        (["run"], "--model DIR, --input PATH..., --output DIR"),
        (["run", "--modle", "m"], "did you mean --model?"),
        (["run", "--device=cpu"], "did you mean --devices?"),
        (["run", "--workers", "2"], "did you mean --workers-per-device?"),
        (["--model", "m", "run"], "--model before the command"),
        (["run", "--model", "m", "--input", "--output", "o"], "--input lacks its PATH"),
        (["run", "--model", "m", "--input", "i", "--output", "--json"], "--output lacks its DIR"),
        (["run", "--model", "m", "--input", "i", "--output"], "--output lacks its DIR"),
        (["inspect"], "lacks DIR"),
        (["ctl"], "ctl lacks DIR, ACTION"),
        (["ctl", "o", "fly"], "status,pause,resume,add,remove"),
        (["ctl", "o", "add"], "ctl add lacks its devices"),
        (["ctl", "o", "pause", "gpu:0"], "ctl pause takes no devices"),
        (["inspect", "m", "--jsno"], "did you mean --json?"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--size", "big"], "network, original"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--size", "1"], "network, original"),
        (["run", "--model", "m", "--output", "o"], "--input"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--batch", "0"], "--batch"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--batch", "many"], "--batch"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--precision", "int3"], "--precision"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--outputs", "mask,video"], "--outputs"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--resume", "--restart"], "--restart"),
        (
            ["run", "--model", "m", "--input", "i", "--output", "o", "--engine-option", "novalue"],
            "KEY=VALUE (invalid_argument)",
        ),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--min-confidence", "1.5"], "--min-confidence"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--unknown-class", "256"], "--unknown-class"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--threshold", "1"], "--threshold"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--threshold", "nan"], "--threshold"),
        (
            ["run", "--model", "m", "--input", "i", "--output", "o", "--multi-label", "--layout", "predict"],
            "masks alone",
        ),
        (
            ["run", "--model", "m", "--input", "i", "--output", "o", "--multi-label", "--min-confidence", "0.5"],
            "no one",
        ),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--restore", "scores"], "--restore"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--fast-decode", "--outputs", "overlay"], "overlay"),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--decode", "gpu"], "--decode"),
        (
            ["tune", "--model", DEMO_MODEL, "--input", "i", "--decode", "nvjpeg", "--fast-decode"],
            "that nvJPEG would decode",
        ),
        (
            ["run", "--model", "m", "--input", "i", "--output", "o", "--decode", "nvjpeg", "--fast-decode"],
            "detail that nvJPEG would decode",
        ),
        (
            ["run", "--model", "m", "--input", "i", "--output", "o", "--decode", "nvjpeg", "--sticky-resize-by-short"],
            "--decode nvjpeg changes them",
        ),
        (["run", "--model", "m", "--input", "i", "--output", "o", "--frobnicate"], "--frobnicate"),
        (["completion", "tcsh"], "bash"),
        (["report"], "lacks OUTPUT"),
        (["report", "o", "--run", "0"], "neither a run's number nor latest"),
        (["report", "o", "--html"], "--html lacks its FILE"),
    ],
)
def test_a_usage_error_names_the_word_and_has_status_2(arguments, said):
    ended = segfleet(*arguments)
    assert ended.status == 2, ended
    assert said in ended.err
    assert ended.out == ""


def test_a_word_like_no_other_is_met_with_no_guess_and_the_commands_own_help():
    ended = segfleet("run", "--frobnicate")
    assert "did you mean" not in ended.err
    assert "segfleet run --help" in ended.err


PRINTING = [["--help"], ["--version"], ["run", "--help"], ["doctor"], ["devices"], ["devices", "--json"]]
PRINTING += [["inspect", DEMO_MODEL], ["inspect", DEMO_MODEL, "--json"], ["completion", "fish"]]


def to_stream(redirection: str, arguments) -> Ended:
    command = ["bash", "-c", f'exec "$@" {redirection}', "bash", SEGFLEET, *map(str, arguments)]
    return Ended(subprocess.run(command, capture_output=True, timeout=120, stdin=subprocess.DEVNULL))


@pytest.mark.parametrize("arguments", PRINTING, ids=lambda words: " ".join(map(str, words)))
def test_output_that_cannot_be_written_is_an_error(arguments):
    ended = to_stream(">/dev/full", arguments)
    assert ended.status == 1, ended
    assert ended.err.count("\n") == 1
    assert "standard output" in ended.err
    assert "No space left on device" in ended.err


def test_output_that_cannot_be_written_hides_no_usage_error():
    assert to_stream(">/dev/full", ["walk"]).status == 2


@pytest.mark.parametrize("arguments", PRINTING, ids=lambda words: " ".join(map(str, words)))
def test_a_closed_standard_output_is_no_error(arguments):
    ended = to_stream(">&-", arguments)
    assert (ended.status, ended.err) == (segfleet(*arguments).status, "")


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
