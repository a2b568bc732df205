#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Score masks against ground truth: IoU of each class, mIoU, pixel accuracy.

    python tools/score_masks.py --masks DIR --labels DIR [--classes NAME...] [--json]

Every label picture needs a mask at the same relative path; both hold class indices as pixel values (palette or grey
PNG). Pixels labelled 255 are left out. The areas are summed over all pictures before dividing, as PaddleSeg does. A
class that occurs in no mask and no label has no IoU (shown as "-", null in JSON) and is left out of the mean;
PaddleSeg counts it as 1 (since 2.9) or 0 (before).

Exit code 0; 2 when a mask is missing, has another size, or holds a value that is no class.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent))
from scenes.labels import CLASSES  # noqa: E402

IGNORED = 255


class ScoreError(Exception):
    """Masks and labels that cannot be compared; the message names the file."""


def read_indices(path):
    with Image.open(path) as picture:
        if picture.mode not in ("P", "L"):
            raise ScoreError(f"{path} is a picture of mode {picture.mode}: class indices need a palette or grey PNG")
        return np.asarray(picture)


def confusion(mask, label, count):
    """Pixel counts, rows by label, columns by mask; ignored pixels left out."""
    kept = label != IGNORED
    pairs = label[kept].astype(np.int64) * count + mask[kept]
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


def compare(mask_path, label_path, count):
    if not mask_path.is_file():
        raise ScoreError(f"no mask {mask_path} for the label {label_path}")
    mask, label = read_indices(mask_path), read_indices(label_path)
    if mask.shape != label.shape:
        sizes = [f"{array.shape[1]}x{array.shape[0]}" for array in (mask, label)]
        raise ScoreError(f"{mask_path} is {sizes[0]}, but its label {label_path} is {sizes[1]}")
    for path, values in ((mask_path, mask[label != IGNORED]), (label_path, label[label != IGNORED])):
        if values.size and values.max() >= count:
            raise ScoreError(f"{path} holds the value {values.max()}, but there are {count} classes (0 to {count - 1})")
    return confusion(mask, label, count)


def score(masks, labels, classes):
    """The result as --json prints it."""
    paths = sorted(Path(labels).rglob("*.png"))
    if not paths:
        raise ScoreError(f"no label picture (*.png) in {labels}")
    total = np.zeros((len(classes), len(classes)), np.int64)
    for path in paths:
        total += compare(Path(masks) / path.relative_to(labels), path, len(classes))
    if not total.sum():
        raise ScoreError(f"every pixel of the labels in {labels} is {IGNORED}: nothing to score")
    right = np.diag(total)
    union = total.sum(0) + total.sum(1) - right
    iou = {name: float(r / u) if u else None for name, r, u in zip(classes, right, union, strict=True)}
    return {
        "pictures": len(paths),
        "iou": iou,
        "miou": float(np.mean([v for v in iou.values() if v is not None])),
        "pixel_accuracy": float(right.sum() / total.sum()),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--masks", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--classes", nargs="+", default=CLASSES, help="names by index; default: the demo scenes'")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    args = parser.parse_args()
    try:
        result = score(args.masks, args.labels, args.classes)
    except (ScoreError, OSError) as error:
        print(f"score_masks: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(result, indent=2))
        return 0
    for name, value in result["iou"].items():
        print(f"IoU {name:<12} {'-' if value is None else f'{value:.4f}'}")
    print(f"mIoU             {result['miou']:.4f}")
    print(f"pixel accuracy   {result['pixel_accuracy']:.4f}   ({result['pictures']} pictures)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
