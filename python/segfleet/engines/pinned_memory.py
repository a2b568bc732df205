# SPDX-License-Identifier: Apache-2.0
"""Page-locked memory of the host: a card copies from it and to it by itself, and at its full speed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np

from segfleet.engines.cuda_driver import CudaDriver, CudaError

_LARGEST_SHARE = 4  # of the host's memory a quarter at most is locked


class _Block:
    """One allocation. NumPy keeps it as the base of every array in it; who lets go last leaves its address."""

    def __init__(self, address: int, size_bytes: int, left: list[tuple[int, int]]) -> None:
        self._place, self._left = (address, size_bytes), left
        self.__array_interface__ = {"version": 3, "shape": (size_bytes,), "typestr": "|u1", "data": (address, False)}

    def __del__(self) -> None:
        self._left.append(self._place)  # not freed here: any thread, any time, also while a CUDA graph is captured


class PinnedMemory:
    """Thread-safety: every method from any thread."""

    def __init__(self, driver: CudaDriver, say: Callable[[str], None], limit_bytes: int | None = None) -> None:
        """`say`: what the user should be told, once. `limit_bytes`: default a quarter of the host's memory."""
        self._driver, self._say = driver, say
        host_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        self._limit_bytes = host_bytes // _LARGEST_SHARE if limit_bytes is None else limit_bytes
        self._lock = threading.Lock()
        self._left: list[tuple[int, int]] = []  # blocks that nobody uses any more: address, bytes
        self._taken_bytes = 0
        self._said = self._failed = False

    def take(self, size_bytes: int) -> np.ndarray | None:
        """Bytes with unspecified contents, aligned to a page. None where no more can be locked."""
        with self._lock:
            self._free_what_was_left()
            if self._failed:
                return None
            if self._taken_bytes + size_bytes > self._limit_bytes:  # what is given back makes room again
                taken_mib, limit_mib = self._taken_bytes >> 20, self._limit_bytes >> 20
                return self._refuse(f"{taken_mib} of at most {limit_mib} MiB are page-locked")
            try:
                address = self._driver.host_memory(size_bytes)
            except CudaError as error:
                self._failed = True
                return self._refuse(f"no more memory can be page-locked ({error})")
            self._taken_bytes += size_bytes
            return np.asarray(_Block(address, size_bytes, self._left))

    def no_change(self) -> AbstractContextManager:
        """While it is held nothing is allocated or freed, which would break the capture of a CUDA graph."""
        return self._lock

    def _free_what_was_left(self) -> None:
        while self._left:
            address, size_bytes = self._left.pop()
            self._driver.free_host_memory(address)
            self._taken_bytes -= size_bytes

    def _refuse(self, why: str) -> None:
        if self._said:
            return
        self._said = True
        self._say(
            f"{why}: more is copied from and to ordinary memory, which is slower; a smaller --batch or fewer "
            "--workers-per-device need less"
        )
