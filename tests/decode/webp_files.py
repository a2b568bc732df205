# SPDX-License-Identifier: Apache-2.0
"""WebP files of every kind, as (name, bytes)."""

import io

import numpy as np
from exif_bytes import turned
from picture_noise import picture
from PIL import Image

SIZES = [(1, 1), (2, 1), (1, 7), (16, 16), (33, 17), (64, 48), (101, 77)]


def by_pillow(pixels: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", **options)
    return file.getvalue()


def pictures():
    for width, height in SIZES:
        for channels in (3, 4):
            pixels = picture(width, height, channels)
            yield f"lossless_{channels}_{width}x{height}", by_pillow(pixels, lossless=True)
            for quality in (0, 30, 80, 100):
                yield f"lossy_{channels}_{width}x{height}_{quality}", by_pillow(pixels, quality=quality)
        yield f"exact_{width}x{height}", by_pillow(picture(width, height, 4), lossless=True, exact=True)
        yield f"grey_{width}x{height}", by_pillow(picture(width, height, 1), quality=70)
    flat = np.full((40, 50, 3), 77, np.uint8)
    yield "flat_lossless", by_pillow(flat, lossless=True)
    yield "flat_lossy", by_pillow(flat, quality=50)
    yield "alpha_squeezed", by_pillow(picture(64, 48, 4), quality=60, alpha_quality=20)
    for orientation in (1, 3, 6, 8):
        yield f"exif_{orientation}", by_pillow(picture(33, 17), exif=b"Exif\0\0" + turned(orientation))
    yield "profile", by_pillow(picture(33, 17), icc_profile=bytes(300))
    yield "garbage_after_end", by_pillow(picture(33, 17)) + b"garbage" * 50
    frames = [Image.fromarray(picture(20, 15, seed=seed)) for seed in range(3)]
    animation = io.BytesIO()
    frames[0].save(animation, "WEBP", save_all=True, append_images=frames[1:])
    yield "animation", animation.getvalue()
