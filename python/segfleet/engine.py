# SPDX-License-Identifier: Apache-2.0
"""What an engine in Python looks like: `segfleet run --engine my_module:MyEngine`.

The class runs inside a worker process (`python -m segfleet.worker`), one process for each device. Reading, decoding,
transforming, restoring and writing are C++ and run beside it without the interpreter's lock: load() and infer() are all
that Python does.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from segfleet._native import EngineOptions, ModelPackage


class Engine(Protocol):
    """Runs a segmentation graph. Only load() and infer() are needed; the attributes are read after load().

    input_memory() is optional: without it inputs lie in ordinary memory.

    memory() is optional: where it is missing or gives None, batches are not fitted to the device's memory but halved
    where it runs out. On a CPU the worker's own memory is read instead.

    Errors: raise segfleet.errors.OutOfMemory (or MemoryError) where memory ran out, so that smaller batches are tried;
    segfleet.errors.InvalidArgument for an option that cannot be honoured. Any other exception fails the batch's
    pictures one by one. Where the process itself is of no more use (a CUDA error that sticks), call os._exit(1):
    the coordinator starts another worker and tries the pictures again.
    """

    name: str  # default: the class's own
    version: str  # of the library behind it
    device_name: str  # as the library calls the device
    lanes: int  # infer() calls that may run at once, up to options.lanes; default 1
    class_count: int  # default 0: not known
    notes: list[str]  # what the user should be told once
    input: tuple[str, str, list[int]]  # name, "f32", shape with -1 where it is open; for `segfleet inspect`
    output: tuple[str, str, list[int]]  # name, "u8", "i32", "i64" or "f32", shape

    def load(self, model: ModelPackage, options: EngineOptions) -> None:
        """Loads the model on options.device. Called once, on the thread that waits for it.

        A card is chosen before the process starts, by CUDA_VISIBLE_DEVICES and its like: options.device keeps the
        number that the user gave ("gpu:1"), for messages, but the process sees that one card as its first.
        """

    def infer(self, batch: np.ndarray, lane: int) -> np.ndarray:
        """Runs one batch: N×3×H×W float32 in; N×H×W labels (uint8, int32, int64) or N×C×H×W float32 scores out.

        `batch` is lent: its memory is used again once infer() has returned, so keep no view of it. The array that is
        returned is used where it lies, without a copy: do not write to it again.
        """

    def input_memory(self, size_bytes: int) -> np.ndarray | None:
        """Writable uint8 array of at least so many bytes, aligned to 64, in which inputs will lie.

        For memory from which the device reads faster, such as page-locked memory. None: ordinary memory will do. Called
        by any thread, also beside infer(); the array is used until the worker lets go of it.
        """

    def memory(self) -> tuple[int, int, int] | None:
        """Bytes of the device: used by this engine (with what its library keeps), free, in all; None: it cannot tell.

        Called after load() and after a call of infer() that was larger than those before, by the same thread.
        """
