# SPDX-License-Identifier: Apache-2.0
"""Whether two runs of a graph agree: labels, and where they differ whether the classes tied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_EQUAL_SHARE = 0.9995  # of the pixels
TIE = 1e-3  # two scores tie where they are this near, as a share of the largest absolute score


@dataclass
class Agreement:
    """What a comparison found."""

    pixels: int = 0
    equal: int = 0
    widest_gap: float | None = None  # between the two classes of a differing pixel; None: none differs, or no scores

    @property
    def equal_share(self) -> float:
        return self.equal / self.pixels if self.pixels else 0.0

    @property
    def trusted(self) -> bool:
        return self.equal_share >= LEAST_EQUAL_SHARE and (self.widest_gap is None or self.widest_gap <= TIE)

    def add(self, other: Agreement) -> None:
        """Takes another comparison in."""
        self.pixels += other.pixels
        self.equal += other.equal
        gaps = [gap for gap in (self.widest_gap, other.widest_gap) if gap is not None]
        self.widest_gap = max(gaps, default=None)


def compare(expected: np.ndarray, found: np.ndarray, scores: np.ndarray | None = None) -> Agreement:
    """Compares N×H×W labels, or N×C×H×W scores by their highest class; of one class, by the scores themselves.

    `scores`: what `found` chose its labels from, where `found` is labels. Raises ValueError where the shapes differ or
    scores are not finite.
    """
    if expected.shape != found.shape:
        raise ValueError(f"Paddle's output has the shape {expected.shape}, the converted graph's {found.shape}")
    if np.issubdtype(expected.dtype, np.floating):
        if not (np.isfinite(expected).all() and np.isfinite(found).all()):
            raise ValueError("scores are not finite")
        if expected.ndim < 4 or expected.shape[1] == 1:
            near = np.abs(expected - found) <= TIE * np.abs(expected).max()
            return Agreement(near.size, int(near.sum()))
        scores, expected, found = expected, expected.argmax(axis=1), found.argmax(axis=1)
    differing = expected != found
    agreement = Agreement(differing.size, int(differing.size - differing.sum()))
    if scores is not None and differing.any():
        labels = [labels.reshape(scores[:, 0].shape)[:, None].astype(np.int64) for labels in (expected, found)]
        first, second = (np.take_along_axis(scores, label, axis=1) for label in labels)
        agreement.widest_gap = float(np.abs(first - second).max() / np.abs(scores).max())
    return agreement
