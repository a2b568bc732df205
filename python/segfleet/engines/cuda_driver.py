# SPDX-License-Identifier: Apache-2.0
"""The few calls of NVIDIA's driver by which batches reach a card and results come back.

Of the driver and not of CUDA's runtime library: it is there wherever a card is, under one name, and a call of it that
fails leaves no error behind for the next call of another library.
"""

from __future__ import annotations

import ctypes

_NON_BLOCKING = 1  # CU_STREAM_NON_BLOCKING: waits for no other stream, and none for it
_PORTABLE = 1  # CU_MEMHOSTALLOC_PORTABLE

_SIZE, _POINTER, _UINT, _INT = ctypes.c_size_t, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int
_ON_CARD = ctypes.c_uint64  # CUdeviceptr
_ARGUMENTS = {
    "cuInit": [_UINT],
    "cuDeviceGet": [_POINTER, _INT],
    "cuDevicePrimaryCtxRetain": [_POINTER, _INT],
    "cuCtxSetCurrent": [_POINTER],
    "cuMemHostAlloc": [_POINTER, _SIZE, _UINT],
    "cuMemFreeHost": [_POINTER],
    "cuStreamCreate": [_POINTER, _UINT],
    "cuMemcpyHtoDAsync_v2": [_ON_CARD, _POINTER, _SIZE, _POINTER],
    "cuMemcpyDtoHAsync_v2": [_POINTER, _ON_CARD, _SIZE, _POINTER],
    "cuStreamSynchronize": [_POINTER],
    "cuGetErrorName": [_INT, _POINTER],
}


class CudaError(RuntimeError):
    """Its text has the number that CUDA's runtime library gives the same error."""


class CudaDriver:
    """On the first card that this process sees, in the context that the runtime library uses as well.

    Thread-safety: every method from any thread. The interpreter's lock is let go in each call of the driver.
    """

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libcuda.so.1")
        except OSError as error:
            raise CudaError(f"the driver's libcuda.so.1 cannot be opened: {error}") from None
        for name, arguments in _ARGUMENTS.items():
            getattr(self._library, name).argtypes = arguments
        device, self._context = ctypes.c_int(), ctypes.c_void_p()
        self._call("cuInit", 0)
        self._call("cuDeviceGet", ctypes.byref(device), 0)
        self._call("cuDevicePrimaryCtxRetain", ctypes.byref(self._context), device)  # as long as the process lives

    def new_stream(self) -> int:
        """Kept as long as the process lives."""
        stream = ctypes.c_void_p()
        self._on_card("cuStreamCreate", ctypes.byref(stream), _NON_BLOCKING)
        return stream.value or 0

    def copy_to_card(self, on_card: int, on_host: int, size_bytes: int, stream: int) -> None:
        """Done when wait() has returned. From page-locked memory the card reads by itself."""
        self._on_card("cuMemcpyHtoDAsync_v2", on_card, on_host, size_bytes, stream)

    def copy_from_card(self, on_host: int, on_card: int, size_bytes: int, stream: int) -> None:
        """Done when wait() has returned."""
        self._on_card("cuMemcpyDtoHAsync_v2", on_host, on_card, size_bytes, stream)

    def wait(self, stream: int) -> None:
        """For all that was begun in the stream."""
        self._on_card("cuStreamSynchronize", stream)

    def host_memory(self, size_bytes: int) -> int:
        """The address of page-locked memory, aligned to a page."""
        address = ctypes.c_void_p()
        self._on_card("cuMemHostAlloc", ctypes.byref(address), size_bytes, _PORTABLE)
        return address.value or 0

    def free_host_memory(self, address: int) -> None:
        self._on_card("cuMemFreeHost", address)

    def _on_card(self, name: str, *arguments: object) -> None:
        self._call("cuCtxSetCurrent", self._context)  # of the calling thread
        self._call(name, *arguments)

    def _call(self, name: str, *arguments: object) -> None:
        code = getattr(self._library, name)(*arguments)
        if code == 0:
            return
        text = ctypes.c_char_p()
        self._library.cuGetErrorName(code, ctypes.byref(text))
        raise CudaError(f"CUDA failure {code}: {(text.value or b'unknown').decode(errors='replace')} in {name}()")
