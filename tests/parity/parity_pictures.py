# SPDX-License-Identifier: Apache-2.0
"""Picture files of the sizes and formats on which readers and transforms differ, from seeds."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image


def _scene(seed: int, width: int, height: int) -> np.ndarray:
    """H×W×3: patches of colour with soft edges, and noise on half of them."""
    rng = np.random.default_rng(seed)
    patches = rng.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    scene = cv2.resize(patches, (width, height), interpolation=cv2.INTER_LINEAR).astype(int)
    noise = rng.integers(-40, 41, (height, width, 3)) * (np.arange(width)[None, :, None] % 64 < 32)
    return np.clip(scene + noise, 0, 255).astype(np.uint8)


def _opencv(options: list[int] | None = None) -> Callable[[Path, np.ndarray], None]:
    return lambda path, scene: cv2.imwrite(str(path), scene, options or [])


def _pillow(mode: str, **options) -> Callable[[Path, np.ndarray], None]:
    def write(path: Path, scene: np.ndarray) -> None:
        picture = Image.fromarray(scene).convert("RGB")
        if mode == "RGBA":
            picture.putalpha(Image.fromarray(scene[:, :, 0]))
        elif mode == "LA":
            picture = picture.convert("L")
            picture.putalpha(Image.fromarray(scene[:, :, 0]))
        else:
            picture = picture.convert(mode)
        picture.save(path, **options)

    return write


def _turned(orientation: int) -> Callable[[Path, np.ndarray], None]:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return _pillow("RGB", exif=exif, quality=93)


def _deep(path: Path, scene: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    cv2.imwrite(str(path), scene.astype(np.uint16) * 256 + rng.integers(0, 256, scene.shape, dtype=np.uint16))


def _deep_grey(path: Path, scene: np.ndarray) -> None:
    _deep(path, scene[:, :, 1])


_FILES = {  # name: (width, height, how it is written)
    "one_pixel.png": (1, 1, _opencv()),
    "one_column.png": (1, 37, _opencv()),
    "one_row.jpg": (53, 1, _opencv([cv2.IMWRITE_JPEG_QUALITY, 90])),
    "two_rows.png": (7, 2, _opencv()),
    "odd.png": (131, 77, _opencv()),
    "even.jpg": (160, 96, _opencv([cv2.IMWRITE_JPEG_QUALITY, 75])),
    "progressive.jpg": (97, 121, _opencv([cv2.IMWRITE_JPEG_PROGRESSIVE, 1])),
    "bitmap.bmp": (45, 66, _opencv()),
    "grey.png": (61, 83, _pillow("L")),
    "grey.jpg": (83, 60, _pillow("L", quality=88)),
    "alpha.png": (70, 51, _pillow("RGBA")),
    "grey_alpha.png": (50, 71, _pillow("LA")),
    "palette.png": (99, 64, _pillow("P")),
    "deep.png": (64, 47, _deep),
    "deep_grey.png": (33, 65, _deep_grey),
    "turned_6.jpg": (90, 58, _turned(6)),
    "turned_3.jpg": (75, 49, _turned(3)),
    "turned_5.jpg": (62, 101, _turned(5)),
    "wide.png": (4999, 3, _opencv()),
    "tall.jpg": (5, 4500, _opencv([cv2.IMWRITE_JPEG_QUALITY, 80])),
}
NAMES = sorted(_FILES)


def write_pictures(folder: Path) -> dict[str, Path]:
    """Every picture, by its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(NAMES):
        width, height, write = _FILES[name]
        write(folder / name, _scene(seed, width, height))
    return {name: folder / name for name in NAMES}
