# SPDX-License-Identifier: Apache-2.0
"""A stand-in for NVIDIA's libcuda.so.1: no card is used, its memory is the host's.

Stricter than the real one: a copy happens when its stream is waited for and not before, and a thread without a context
can do nothing.
"""

import ctypes
import threading

import numpy as np

PAGE = 4096
ERRORS = {1: b"CUDA_ERROR_INVALID_VALUE", 2: b"CUDA_ERROR_OUT_OF_MEMORY", 201: b"CUDA_ERROR_INVALID_CONTEXT"}
ERRORS |= {700: b"CUDA_ERROR_ILLEGAL_ADDRESS", 900: b"CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"}


class ScriptedCuda:
    """The library as ctypes would open it. `errors`: by the name of a call, the code that it gives."""

    def __init__(self):
        self.errors = {}
        self.copies = []  # ("up" or "down", bytes, whether the host's end is page-locked, stream)
        self._pending = {}  # by stream
        self._pinned = {}  # by address
        self._thread = threading.local()

    def __getattr__(self, name):
        if not name.startswith("cu"):
            raise AttributeError(name)
        function = _Function(self, name)
        setattr(self, name, function)
        return function

    @property
    def pinned_bytes(self):
        return sum(size for _, size in self._pinned.values())

    def is_pinned(self, address, size):
        blocks = list(self._pinned.items())  # other threads may add one meanwhile
        return any(begin <= address and address + size <= begin + room for begin, (_, room) in blocks)

    def call(self, name, *arguments):
        code = self.errors.get(name, 0)
        if code == 0 and name.startswith(("cuMem", "cuStream")) and not getattr(self._thread, "has_context", False):
            code = 201
        if code and name == "cuStreamSynchronize":
            self._pending[arguments[0]].clear()  # never copied
        return code or getattr(self, f"_{name}")(*arguments)

    def _cuInit(self, flags):
        return 0

    def _cuDeviceGet(self, device, ordinal):
        return 0 if ordinal == 0 else 101

    def _cuDevicePrimaryCtxRetain(self, context, device):
        context._obj.value = 0xC0
        return 0

    def _cuCtxSetCurrent(self, context):
        self._thread.has_context = context.value == 0xC0
        return 0

    def _cuGetErrorName(self, code, text):
        text._obj.value = ERRORS.get(code)
        return 0

    def _cuStreamCreate(self, stream, flags):
        assert flags == 1, "it would wait for the default stream"
        stream._obj.value = 0x51 + len(self._pending)
        self._pending[stream._obj.value] = []
        return 0

    def _cuStreamSynchronize(self, stream):
        for to, of, size in self._pending[stream]:
            ctypes.memmove(to, of, size)
        self._pending[stream].clear()
        return 0

    def _cuMemcpyHtoDAsync_v2(self, on_card, on_host, size, stream):
        return self._begin("up", on_card, on_host, on_host, size, stream)

    def _cuMemcpyDtoHAsync_v2(self, on_host, on_card, size, stream):
        return self._begin("down", on_host, on_card, on_host, size, stream)

    def _begin(self, direction, to, of, on_host, size, stream):
        self.copies.append((direction, size, self.is_pinned(on_host, size), stream))
        self._pending[stream].append((to, of, size))
        return 0

    def _cuMemHostAlloc(self, address, size, flags):
        memory = np.empty(size + PAGE, np.uint8)
        begin = memory.__array_interface__["data"][0]
        address._obj.value = begin + -begin % PAGE
        self._pinned[address._obj.value] = (memory, size)
        return 0

    def _cuMemFreeHost(self, address):
        return 0 if self._pinned.pop(address, None) else 1


class _Function:
    def __init__(self, library, name):
        self.argtypes = None
        self._library, self._name = library, name

    def __call__(self, *arguments):
        assert self.argtypes is not None and len(arguments) == len(self.argtypes), self._name
        return self._library.call(self._name, *arguments)


def stand_in(monkeypatch):
    """What ctypes opens under the driver's name from now on."""
    library, real = ScriptedCuda(), ctypes.CDLL
    monkeypatch.setattr(
        ctypes, "CDLL", lambda name, *more, **words: library if name == "libcuda.so.1" else real(name, *more, **words)
    )
    return library
