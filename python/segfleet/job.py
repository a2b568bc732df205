# SPDX-License-Identifier: Apache-2.0
"""segfleet.run(), segfleet.tune() and segfleet.report(): the commands of these names, for programs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from segfleet import _programs
from segfleet.errors import InvalidArgument, error_of


def run(
    model: str | os.PathLike[str],
    inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    on_event: Callable[[dict[str, Any]], None] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Turns pictures into masks: `segfleet run --model MODEL --input INPUTS --output OUTPUT` in a process of its own.

    options: those of the command with underscores: devices="cpu*4", batch="auto", memory_limit="4GiB", outputs=["mask",
    "overlay"], engine_option={"K": "V"}, plan="plan.yaml", resume=True, max_failures=10.
    on_event: gets every event of docs/json_events.md as a dict, on this thread.

    Returns the event `ended`: total, done, failed, skipped, wall_s and so on; failed pictures are no error here.
    Raises segfleet.Error where the run itself failed. KeyboardInterrupt: the run drains first, the same call resumes.
    """
    command = ["run", f"--model={os.fspath(model)}", f"--output={os.fspath(output)}", *_input_words(inputs)]
    return _command(command, options, "ended", on_event)


def tune(
    model: str | os.PathLike[str],
    inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str] = "plan.yaml",
    *,
    on_event: Callable[[dict[str, Any]], None] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Finds the fastest plan for a model on this machine: `segfleet tune` in a process of its own.

    The plan goes to the file OUTPUT, which segfleet.run(..., plan=OUTPUT) takes. inputs: pictures like those of the
    job. options: those of the command with underscores: budget="60s", agreement=99.5, batch=[1, 2, 4],
    devices=["cpu", "cpu*2"] (each is tried), and so on. on_event: as run().

    Returns the event `tuned` of docs/json_events.md: recommended, measured, limit and so on. Raises segfleet.Error
    where no plan was found. KeyboardInterrupt: nothing is written.
    """
    command = ["tune", f"--model={os.fspath(model)}", f"--output={os.fspath(output)}", *_input_words(inputs)]
    devices = options.pop("devices", [])
    command += [f"--devices={spec}" for spec in ([devices] if isinstance(devices, str) else devices)]
    return _command(command, options, "tuned", on_event)


def report(
    output: str | os.PathLike[str],
    *,
    run: int | None = None,
    html: str | os.PathLike[str] | None = None,
    trace: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """Writes a page that shows how a run went: `segfleet report OUTPUT`. A run may be busy in the folder meanwhile.

    output: the folder that was given to run(). run: which of the folder's runs; None: the latest. html: the page;
    None: report.html in OUTPUT. trace: also a trace, for Perfetto or chrome://tracing.

    Returns the page's figures (docs/report.md): limit, advice, done, devices and so on; html, the page's path.
    Raises segfleet.Error: NotFound where there is no ledger or no such run.
    """
    command = _command_line(["report", os.fspath(output)], {"run": run, "html": html, "trace": trace})
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace", env=_programs.environment())
    if ended.returncode == 0:
        return json.loads(ended.stdout)
    raise error_of(*_complaint(ended.stderr, ended.returncode))


def _complaint(text: str, status: int) -> tuple[str, str]:
    """Code and message of what a command says of its failure: "segfleet: MESSAGE (CODE)"."""
    last = text.strip().splitlines()[-1] if text.strip() else f"segfleet ended with status {status}"
    said = re.fullmatch(r"segfleet: (.*) \((\w+)\)", last)
    return (said[2], said[1]) if said else ("invalid_argument", last)


def _input_words(inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[str]:
    paths = [inputs] if isinstance(inputs, (str, os.PathLike)) else inputs
    return [f"--input={os.fspath(path)}" for path in paths]


def _command(
    words: list[str], options: Mapping[str, Any], last_event: str, on_event: Callable[[dict[str, Any]], None] | None
) -> dict[str, Any]:
    """Runs `segfleet WORDS OPTIONS --json`; gives its last event, which must be of that kind."""
    command = _command_line(words, options)
    last: dict[str, Any] = {}
    # Engines may print megabytes there: a file takes them, where a pipe that nobody reads would stop the run.
    with tempfile.TemporaryFile() as complaints:
        # In a session of its own, so that a Ctrl-C reaches it once, from here: a second one would not let it drain.
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env=_programs.environment(),
            start_new_session=True,
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                last = json.loads(line)
                if on_event is not None:
                    on_event(last)
            process.wait()
        except BaseException:
            _stop(process)
            raise
        complaints.seek(0)
        complaint = complaints.read(10_000).decode(errors="replace").strip()
    if last.get("event") == last_event:
        return last
    if last.get("event") == "error":
        raise error_of(last["error"]["code"], last["error"]["message"])
    raise InvalidArgument(
        complaint.splitlines()[0] if complaint else f"segfleet ended with status {process.returncode}"
    )


def _stop(process: subprocess.Popen[str]) -> None:
    """Lets it drain; a Ctrl-C meanwhile stops it at once."""
    assert process.stdout is not None
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.stdout.read()
            process.wait()
        except KeyboardInterrupt:
            continue
    process.stdout.close()


def _command_line(words: list[str], options: Mapping[str, Any]) -> list[str]:
    """`segfleet WORDS OPTIONS --json`. Raises InvalidArgument where a word cannot be given to a program."""
    command = [str(_programs.SEGFLEET), *words, "--json"]
    for name, value in options.items():
        command += _words(name, value)
    for word in command:
        if "\0" in word:
            raise InvalidArgument(f"{word[:200]!r} has a NUL byte, which no file's name and no option has")
    return command


def _words(name: str, value: Any) -> list[str]:
    option = "--" + name.replace("_", "-")
    if value is None or value is False:
        return []
    if value is True:
        return [option]
    if isinstance(value, Mapping):
        return [f"{option}={key}={word}" for key, word in value.items()]
    if isinstance(value, (list, tuple)):
        return [f"{option}={','.join(map(str, value))}"]
    return [f"{option}={os.fspath(value) if isinstance(value, os.PathLike) else value}"]
