# SPDX-License-Identifier: Apache-2.0
"""What PaddleSeg 2.8's own code makes of a picture file with a package."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import paddle
import segfleet
from paddle_models import make_predictor, predict
from paddleseg.core.infer import reverse_transform
from paddleseg.deploy.infer import DeployConfig

paddle.set_device("cpu")


class Refused(Exception):
    """PaddleSeg stops with an error on this picture."""


@dataclass
class Restored:
    """At the size that was asked for: H×W labels, and the C×H×W scores behind them."""

    labels: np.ndarray
    scores: np.ndarray


def preprocess(package: Path, picture: Path) -> tuple[np.ndarray, list]:
    """(1×3×H×W tensor, PaddleSeg's trans_info). Raises Refused.

    The transforms are made anew for each picture: PaddleSeg's ResizeByShort remembers what it met before.
    """
    transforms = DeployConfig(str(package / "deploy.yaml")).transforms
    try:
        data = transforms({"img": str(picture)})
    except (cv2.error, ValueError) as error:
        raise Refused(str(error)) from error
    return np.ascontiguousarray(data["img"][np.newaxis]), data["trans_info"]


class Network:
    """A package's graph in Paddle Inference, run as deploy/python/infer.py runs it."""

    def __init__(self, package: Path, onednn: bool = True) -> None:
        self._op = segfleet.load_model_package(package).output_op
        self._predictor = make_predictor(segfleet.load_model_package(package), onednn)

    def output(self, tensor: np.ndarray) -> np.ndarray:
        """Output 0: 1×H×W labels or 1×C×H×W scores."""
        return predict(self._predictor, tensor)


def restore_labels(output: np.ndarray, trans_info: list) -> np.ndarray:
    """The labels of an argmax export at the picture's size: each resize undone with nearest."""
    restored = reverse_transform(paddle.to_tensor(output).unsqueeze(1), trans_info, mode="nearest")
    return restored[0, 0].numpy()


def restore_scores(output: np.ndarray, trans_info: list) -> np.ndarray:
    """C×H×W scores at the picture's size, as paddleseg.core.infer.inference() restores them before its argmax."""
    return reverse_transform(paddle.to_tensor(output), trans_info, mode="bilinear")[0].numpy()


def labels_of(scores: np.ndarray) -> np.ndarray:
    """The argmax of C×H×W scores, as inference() takes it."""
    return paddle.argmax(paddle.to_tensor(scores), axis=0, dtype="int32").numpy()


def sums_of_labels(scores: np.ndarray) -> np.ndarray:
    """The mask file's values of classes that do not exclude each other, of C×H×W scores.

    PaddleSeg 2.8 has no such mode. These are the steps of its develop branch with use_multilabel: inference() compares
    the sigmoids, predict() makes bytes of them, get_pseudo_color_map() adds up index + 1.
    """
    present = (paddle.nn.functional.sigmoid(paddle.to_tensor(scores)) > 0.5).astype("int32").numpy().astype(np.uint8)
    values = np.arange(1, len(present) + 1, dtype=np.uint8)
    return (present.astype(np.int32) * values[:, None, None]).sum(axis=0).astype(np.uint8)
