# SPDX-License-Identifier: Apache-2.0
"""What Paddle's exceptions mean: memory that ran out, a CUDA error that ends the process, or an error of the batch."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator

from segfleet.engines.card_memory import too_small
from segfleet.engines.cuda_errors import STICKY
from segfleet.errors import EngineError, Error, OutOfMemory

_STICKY_NAME = re.compile(r"\b(" + "|".join(STICKY.values()) + r")\b")
_CUDA_NUMBER = re.compile(r"\bCUDA error\s*\(\s*(\d+)\s*\)")  # as phi/core/enforce.h prints it

_OUT_OF_MEMORY = re.compile(
    r"ResourceExhausted|Out of memory error|out of memory|CUDNN_STATUS_ALLOC_FAILED|CUBLAS_STATUS_ALLOC_FAILED"
    r"|cudaErrorMemoryAllocation|CUDA error\s*\(\s*2\s*\)|std::bad_alloc|Cannot allocate memory"
)
_SLICED = "std::exception"  # all that Paddle's executor lets through of the host's std::bad_alloc (seen on 3.2.2)
_ONEDNN_FAULT = re.compile(r"ConvertPirAttribute2RuntimeAttribute not support")

# Lines of an enforce text that say nothing of the cause.
_NO_CAUSE = re.compile(
    r"^$|^[-=]+$|^In user code:|^Traceback|^C\+\+ Traceback|^File \"|^\d+\s+\S|^Error Message Summary|^\[Hint"
    r"|^\[operator|^No stack trace|^Not support stack"
)
_LONGEST = 400  # characters of a cause


def is_onednn_fault(error: EngineError) -> bool:
    """True where it stands for what Paddle 3.3 raises when oneDNN meets a PIR model with an interpolation in it."""
    return _ONEDNN_FAULT.search(str(error.__cause__ or error)) is not None


def cause_of(text: str) -> str:
    """The first line of Paddle's text that tells the cause, without the C++ stack and source position."""
    _, mark, summary = text.partition("Error Message Summary:")
    lines = [line.strip() for line in (summary if mark else text).splitlines()]
    line = next((line for line in lines if not _NO_CAUSE.match(line)), "it gave no reason")
    line = re.sub(r"\s*\(at /\S+\)\.?$", "", line)
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "..."


def sticky_cuda_error(text: str) -> str | None:
    """The name of the CUDA error in `text` after which this process is of no more use; None where there is none."""
    for number in _CUDA_NUMBER.findall(text):
        if int(number) in STICKY:
            return STICKY[int(number)]
    name = _STICKY_NAME.search(text)
    return name[1] if name else None


def end_process(name: str, text: str) -> None:
    """Says why and ends this process at once: a destructor that called CUDA again could hang."""
    sys.stderr.write(f"segfleet: {name} leaves the card's context unusable, this worker ends: {cause_of(text)}\n")
    sys.stderr.flush()
    os._exit(1)


@contextlib.contextmanager
def paddle_errors(action: str, loading: bool = False) -> Iterator[None]:
    """Turns what Paddle raises inside into segfleet's errors, or ends the process. `action`: "run a batch"."""
    try:
        yield
    except Error:
        raise
    except Exception as error:
        text = str(error)
        sticky = sticky_cuda_error(text)
        if sticky:
            end_process(sticky, text)
        if isinstance(error, MemoryError) or text == _SLICED or _OUT_OF_MEMORY.search(text):
            cause = "the host gave it no more" if text in ("", _SLICED) else cause_of(text)
            room = too_small() if loading else ""
            raise OutOfMemory(f"Paddle ran out of memory while it tried to {action}: {cause}{room}") from error
        raise EngineError(f"Paddle cannot {action}: {cause_of(text)}") from error
