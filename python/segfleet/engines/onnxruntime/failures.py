# SPDX-License-Identifier: Apache-2.0
"""What ONNX Runtime raises, as segfleet's errors. Its exceptions share no base class: names and texts tell."""

from __future__ import annotations

import os
import re
import sys
from typing import NoReturn

from segfleet import errors
from segfleet.engines.card_memory import too_small
from segfleet.engines.cuda_errors import STICKY

_NUMBER = re.compile(r"CUDA (?:failure|error):? (\d+)", re.IGNORECASE)
_NAME = re.compile(r"cudaError\w+|CUDA_ERROR_\w+")
_STICKY_NAMES = {re.sub("cudaError", "", name).lower() for name in STICKY.values()}
_MEMORY = re.compile(
    r"Failed to allocate memory|out of memory|cudaErrorMemoryAllocation|CUDA_ERROR_OUT_OF_MEMORY|bad.?alloc"
    r"|Available memory of \d+ is smaller than requested|ALLOC_FAILED|OutOfMemory",
    re.IGNORECASE,
)
_BROKEN_FILE = {"InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NoModel"}
_BROKEN_GRAPH = re.compile(r"[Tt]his is an invalid model|Type Error:")
_TOO_NEW = re.compile(r"Unsupported model IR version|onnx opset|is not a registered function/op|No Op registered")
_NO_CAPTURE = re.compile(r"cannot use the (?:graph capture|CUDA Graph) feature", re.IGNORECASE)
_PREFIX = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
_POSITION = re.compile(r"[^\s:]*/onnxruntime/\S+\.\w+:\d+ [^()]*\([^()]*\)(?: const)?:? ?")  # in its sources
_LONGEST = 600


def first_line(error: BaseException) -> str:
    """The reason alone, in one line of bounded length."""
    lines = [_POSITION.sub("", _PREFIX.sub("", line)).strip() for line in str(error).splitlines()]
    line = next((line for line in lines if line), type(error).__name__)
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "..."


def sticky_error(text: str) -> str | None:
    """The name of the CUDA error in `text` that needs a new process."""
    for number in _NUMBER.findall(text):
        if int(number) in STICKY:
            return STICKY[int(number)]
    for name in _NAME.findall(text):
        if re.sub("cudaError|CUDA_ERROR|_", "", name).lower() in _STICKY_NAMES:
            return name
    if "an illegal memory access was encountered" in text:
        return STICKY[700]
    return None


def raise_error(error: Exception, action: str, loading: bool = False) -> NoReturn:
    """Raises the segfleet error for what ONNX Runtime raised; ends the process where the card is lost to it."""
    text = str(error)
    sticky = sticky_error(text)
    if sticky is not None:
        print(
            f"segfleet: onnxruntime: {action}: {sticky}, this process is of no more use: {first_line(error)}",
            file=sys.stderr,
            flush=True,
        )
        os._exit(1)
    message = f"onnxruntime cannot {action}: {first_line(error)}"
    kind = type(error).__name__
    if isinstance(error, MemoryError) or _MEMORY.search(text):
        raise errors.OutOfMemory(message + (too_small() if loading else "")) from None
    if loading and _NO_CAPTURE.search(text):
        raise errors.InvalidArgument(f"engine option cuda_graph=1: {message}; leave the option out") from None
    if loading and _TOO_NEW.search(text):
        raise errors.ModelUnsupported(f"{message}; take a newer onnxruntime, or export with an older opset") from None
    if loading and kind == "NotImplemented":
        raise errors.ModelUnsupported(message) from None
    if loading and (kind in _BROKEN_FILE or _BROKEN_GRAPH.search(text)):
        raise errors.ModelInvalid(message) from None
    raise errors.EngineError(message) from None
