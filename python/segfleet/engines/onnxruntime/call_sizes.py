# SPDX-License-Identifier: Apache-2.0
"""How many pictures a call on a card computes, so that calls one after the other have one shape."""

from __future__ import annotations

import threading
from collections import deque

_REMEMBERED_CALLS = 64


class CallSizes:
    """ONNX Runtime's convolutions keep the plan of one shape, for all lanes together. Where calls of 8 and of 5
    pictures take turns, each plans anew, which takes ten times as long as computing (docs/benchmarks.md, "On a card").
    So a smaller call is filled up to the largest of the last ones; what the places left over give is dropped.

    Thread-safety: every method from any thread.
    """

    def __init__(self, *, fills: bool) -> None:
        """`fills`: where pictures have many sizes, shapes change anyway, and nothing is filled up."""
        self._fills = fills
        self._lock = threading.Lock()
        self._last: deque[int] = deque(maxlen=_REMEMBERED_CALLS)

    def filled(self, pictures: int) -> int:
        """What a call of so many pictures is to compute."""
        if not self._fills:
            return pictures
        with self._lock:
            self._last.append(pictures)
            return max(self._last)

    def forget(self) -> None:
        """After a failure: perhaps that many were too many."""
        with self._lock:
            self._last.clear()
