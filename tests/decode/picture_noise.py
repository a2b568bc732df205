# SPDX-License-Identifier: Apache-2.0
"""Test pictures: waves with noise, so that codecs have both smooth and busy parts to treat."""

import numpy as np


def picture(width: int, height: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """height x width x channels, uint8 (height x width for one channel)."""
    random = np.random.default_rng(seed * 1000 + width * 7 + height)
    y, x = np.mgrid[0:height, 0:width]
    waves = [110 + 80 * np.sin(x * 0.13 * (c + 1) + seed) * np.cos(y * 0.09 * (c + 2)) for c in range(channels)]
    values = np.stack(waves, axis=-1) + random.integers(0, 60, (height, width, channels))
    values = np.clip(values, 0, 255).astype(np.uint8)
    return values[..., 0] if channels == 1 else values
