# SPDX-License-Identifier: Apache-2.0
"""Memory for results that is used again once nobody looks at it any more."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import numpy as np


def _ordinary_memory(size_bytes: int) -> np.ndarray:
    return np.empty(size_bytes, np.uint8)


class OutputBuffers:
    """Blocks of memory for the results of one lane.

    take() gives an array in a block that no array lies in. That is safe because every NumPy array in a block, also a
    view of a view, keeps a reference to the block itself (ndarray.base), and so does whoever holds such an array
    without Python seeing it (the DLPack capsule of the C++ pipeline). The count of a block in use is therefore larger
    than that of a block which only this list holds, and nobody can get at such a block but take().

    Not thread-safe: one lane, one call at a time. References may be dropped on any thread that holds the
    interpreter's lock.
    """

    def __init__(self, allocate: Callable[[int], np.ndarray] = _ordinary_memory, most_blocks: int = 8) -> None:
        """`allocate`: gives so many bytes. `most_blocks`: kept for reuse; more may be in use."""
        self._allocate, self._most_blocks = allocate, most_blocks
        self._blocks: list[np.ndarray] = []

    def take(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """An array with unspecified contents. A block up to four times larger than needed will do."""
        needed = math.prod(shape) * dtype.itemsize
        best = None
        for i in range(len(self._blocks)):
            size = self._blocks[i].size
            if needed <= size <= 4 * needed and (best is None or size < best.size) and self._is_idle(i):
                best = self._blocks[i]
        if best is None:
            best = self._allocate(max(needed, 1))
            self._add(best)
        return best[:needed].view(dtype).reshape(shape)

    def references(self, index: int) -> int:
        """To a block: this list's, those of the call itself, and one for each array that lies in it."""
        block = self._blocks[index]
        return sys.getrefcount(block)

    def _is_idle(self, index: int) -> bool:
        return self.references(index) <= _IDLE_COUNT

    def _add(self, block: np.ndarray) -> None:
        """Makes room by an idle block, else by the oldest, which lives on as long as the arrays in it."""
        if len(self._blocks) >= self._most_blocks:
            idle = next((i for i in range(len(self._blocks)) if self._is_idle(i)), 0)
            del self._blocks[idle]
        self._blocks.append(block)


def _references_to_an_idle_block() -> int:
    """Differs between versions of Python, so it is looked up."""
    probe = OutputBuffers()
    probe._blocks.append(np.empty(1, np.uint8))
    return probe.references(0)


_IDLE_COUNT = _references_to_an_idle_block()
