# SPDX-License-Identifier: Apache-2.0
"""What may be given as an image, and what is said of what may not."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from segfleet.errors import InvalidArgument

_WANTED = "an H×W×3 uint8 array, encoded bytes, or a path"


def as_picture(image: Any) -> np.ndarray | bytes | str | os.PathLike[str]:
    """The image as one of the three kinds that a fleet takes. Raises InvalidArgument, saying what would be right."""
    if isinstance(image, (str, os.PathLike)):
        _check_path(image)
        return image
    if isinstance(image, bytes):
        return image
    if isinstance(image, (bytearray, memoryview)):
        return bytes(image)
    if not isinstance(image, np.ndarray):
        raise InvalidArgument(
            f"an image of type {type(image).__name__}: it must be {_WANTED}; numpy.asarray(image) may do"
        )
    _check_array(image, 3, "an image")
    return image


def as_batch(images: Any) -> np.ndarray:
    """An N×H×W×3 uint8 array. Raises InvalidArgument."""
    if not isinstance(images, np.ndarray):
        raise InvalidArgument(
            f"a batch of type {type(images).__name__}: it must be one N×H×W×3 uint8 array; for images of several sizes "
            "use map()"
        )
    _check_array(images, 4, "a batch")
    return images


def _check_path(path: str | os.PathLike[str]) -> None:
    shown = repr(os.fspath(path))[:200]
    try:
        nul = b"\0" in os.fsencode(path)
    except UnicodeEncodeError:
        raise InvalidArgument(f"the path {shown} cannot be written in the file system's encoding") from None
    if nul:
        raise InvalidArgument(
            f"the path {shown} has a NUL byte, which no file's name has; give an encoded picture as bytes, not as str"
        )


def _check_array(array: np.ndarray, axes: int, what: str) -> None:
    wanted = "H×W×3" if axes == 3 else "N×H×W×3"
    shape = "×".join(map(str, array.shape)) or "no axis"
    if array.dtype != np.uint8:
        raise InvalidArgument(f"{what} of {array.dtype}: the pixels must be uint8, 0 to 255, as cv2.imread gives them")
    if array.ndim != axes or array.shape[-1] != 3:
        grey = array.ndim == axes - 1 or (array.ndim == axes and array.shape[-1] == 1)
        hint = "; make a grey picture one of three channels by numpy.stack([image] * 3, -1)" if grey else ""
        raise InvalidArgument(f"{what} of shape {shape}: it must be {wanted}{hint}")
    if array.size == 0 and not (axes == 4 and array.shape[0] == 0):
        raise InvalidArgument(f"{what} of shape {shape} has no pixels")
