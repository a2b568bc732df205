# SPDX-License-Identifier: Apache-2.0
"""The calls of Python libraries that segfleet's stages replace, as PaddleSeg 2.8 makes them. One thread.

Each gives the median processor time in ms over the pictures, and encode() the bytes as well.
"""

import io
import pathlib
import statistics
import time

import cv2
import numpy as np
from PIL import Image


def median_ms(call, arguments: list, rounds: int) -> float:
    cv2.setNumThreads(1)
    call(arguments[0])
    times = []
    for argument in arguments * rounds:
        start = time.thread_time()
        call(argument)
        times.append((time.thread_time() - start) * 1e3)
    return statistics.median(times)


def decode(files: list[pathlib.Path], rounds: int, flags: int = cv2.IMREAD_COLOR) -> float:
    """cv2.imdecode, of which cv2.imread is made."""
    encoded = [np.frombuffer(file.read_bytes(), np.uint8) for file in files]
    return median_ms(lambda data: cv2.imdecode(data, flags), encoded, rounds)


def transform(files: list[pathlib.Path], size: tuple[int, int], rounds: int) -> float:
    """Compose with Resize(target_size=size) and Normalize, from the decoded picture to the network's tensor."""
    mean = np.array([0.5, 0.5, 0.5])[np.newaxis, np.newaxis, :]
    std = np.array([0.5, 0.5, 0.5])[np.newaxis, np.newaxis, :]

    def transformed(picture):
        image = cv2.cvtColor(picture.astype("float32"), cv2.COLOR_BGR2RGB)
        image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        image = image.astype(np.float32, copy=False) / 255.0
        image -= mean
        image /= std
        return np.array([np.transpose(image, (2, 0, 1))])

    return median_ms(transformed, [cv2.imread(str(file)) for file in files], rounds)


def restore(labels: list[np.ndarray], size: tuple[int, int], rounds: int) -> float:
    """Labels of the network's size to the picture's, with cv2: Paddle's own F.interpolate is slower."""
    return median_ms(lambda small: cv2.resize(small, size, interpolation=cv2.INTER_NEAREST), labels, rounds)


def encode(labels: list[np.ndarray], rounds: int) -> tuple[float, float]:
    """Pillow's save() of a palette picture with its defaults."""
    sizes = []

    def saved(label):
        mask = Image.fromarray(label, mode="P")
        mask.putpalette(list(range(256)) * 3)
        file = io.BytesIO()
        mask.save(file, format="PNG")
        sizes.append(file.tell())

    return median_ms(saved, labels, rounds), statistics.mean(sizes[1:])


def overlay(files: list[pathlib.Path], labels: list[np.ndarray], rounds: int) -> float:
    """The colour of each label, and cv2.addWeighted, as paddleseg.utils.visualize does it."""
    colours = np.random.default_rng(1).integers(0, 256, (256, 3), dtype=np.uint8)

    def blended(pair):
        picture, label = pair
        channels = [cv2.LUT(label, colours[:, c]) for c in range(3)]
        return cv2.addWeighted(picture, 0.6, np.dstack(channels), 0.4, 0)

    pictures = [cv2.imread(str(file)) for file in files]
    return median_ms(blended, list(zip(pictures, labels, strict=True)), rounds)
