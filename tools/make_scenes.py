#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make aerial pictures and their ground truth.

    python tools/make_scenes.py --output DIR --count N [--size WxH | --sizes mixed] [--seed S] [--format jpg|png]

Writes DIR/images/scene_00000.jpg ... and DIR/labels/scene_00000.png ... (palette PNG, pixel = class index; the
classes are in tools/scenes/labels.py). Picture i depends on the seed, on i and on its size alone, so a smaller
count gives the first pictures of a larger one. Needs what requirements.txt pins: NumPy, OpenCV, Pillow.
"""

import argparse
import multiprocessing
import os
import re
import sys
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent))
from scenes import make_scene, palette  # noqa: E402

MIXED = ((512, 512), (640, 480), (768, 768), (1024, 768), (768, 1024), (1024, 1024), (1024, 512), (600, 900))


def parse_size(text):
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if not match or not all(64 <= int(side) <= 8192 for side in match.groups()):
        raise argparse.ArgumentTypeError(f"'{text}' is no size: write WIDTHxHEIGHT, each 64 to 8192, as 1024x768")
    return int(match[1]), int(match[2])


def write_scene(index, output, seed, size, suffix):
    cv2.setNumThreads(1)  # the pool uses the cores
    rng = np.random.default_rng([seed, index, 1])
    width, height = size or MIXED[rng.integers(len(MIXED))]
    picture, label = make_scene(seed, index, width, height)
    options = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(80, 96))] if suffix == "jpg" else []
    name = f"scene_{index:05d}"
    if not cv2.imwrite(str(output / "images" / f"{name}.{suffix}"), picture, options):
        raise OSError(f"cannot write {output / 'images' / name}.{suffix}")
    mask = Image.fromarray(label)  # grey; the palette makes it a palette PNG
    mask.putpalette(palette())
    mask.save(output / "labels" / f"{name}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--count", type=int, required=True)
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--size", type=parse_size, default=(1024, 768), help="default 1024x768")
    sizes.add_argument("--sizes", choices=["mixed"], help="sizes between 512x512 and 1024x1024, drawn per picture")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=["jpg", "png"], default="jpg")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="default: one a core")
    args = parser.parse_args()
    if args.count < 1 or args.seed < 0 or args.jobs < 1:
        parser.error("--count and --jobs must be 1 or more, --seed 0 or more")
    for folder in ("images", "labels"):
        (args.output / folder).mkdir(parents=True, exist_ok=True)
    write = partial(
        write_scene,
        output=args.output,
        seed=args.seed,
        size=None if args.sizes else args.size,
        suffix=args.format,
    )
    with multiprocessing.Pool(min(args.jobs, args.count)) as pool:
        for _ in pool.imap_unordered(write, range(args.count)):
            pass
    print(f"{args.count} pictures in {args.output / 'images'}, their labels in {args.output / 'labels'}")


if __name__ == "__main__":
    main()
