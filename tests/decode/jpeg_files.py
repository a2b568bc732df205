# SPDX-License-Identifier: Apache-2.0
"""JPEG files of every kind, as (name, bytes)."""

import io
import pathlib
import subprocess

import cv2
import numpy as np
from exif_bytes import odd_blocks, turned
from picture_noise import picture
from PIL import Image

SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (7, 5), (8, 8), (16, 16), (17, 33), (63, 64), (101, 77)]


def by_pillow(pixels: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    mode = "L" if pixels.ndim == 2 else {3: "RGB", 4: "CMYK"}[pixels.shape[2]]
    Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes()).save(file, "JPEG", **options)
    return file.getvalue()


def with_segment(jpeg: bytes, marker: int, data: bytes) -> bytes:
    """Puts a segment right after the start of the image."""
    return jpeg[:2] + bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data + jpeg[2:]


def without_segments(jpeg: bytes, marker: int) -> bytes:
    at = 2
    while jpeg[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if jpeg[at + 1] == marker:
            jpeg = jpeg[:at] + jpeg[end:]
        else:
            at = end
    return jpeg


def common():
    for width, height in SIZES:
        colour = picture(width, height)
        for subsampling in (0, 1, 2):
            for progressive in (False, True):
                options = {"quality": 85, "subsampling": subsampling, "progressive": progressive}
                yield f"ycc_{width}x{height}_{subsampling}_{progressive}", by_pillow(colour, **options)
        yield f"grey_{width}x{height}", by_pillow(picture(width, height, 1), quality=90)
        yield f"cmyk_{width}x{height}", by_pillow(picture(width, height, 4), quality=90)
        yield f"rgb_{width}x{height}", by_pillow(colour, quality=90, keep_rgb=True)
    for quality in (1, 10, 50, 95, 100):
        yield f"quality_{quality}", by_pillow(picture(90, 61), quality=quality)
    for factor in ("411", "420", "422", "440", "444"):
        flag = getattr(cv2, f"IMWRITE_JPEG_SAMPLING_FACTOR_{factor}")
        ok, data = cv2.imencode(".jpg", picture(75, 52), [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, flag])
        assert ok
        yield f"cv2_{factor}", data.tobytes()
    yield "restart_blocks", by_pillow(picture(90, 61), restart_marker_blocks=3)
    yield "restart_rows", by_pillow(picture(90, 61), restart_marker_rows=1)
    yield "optimised", by_pillow(picture(90, 61), optimize=True)


def make(lines: list[str], maker: pathlib.Path) -> None:
    """See jpeg_maker.cc for what a line says."""
    subprocess.run([maker], input="\n".join(lines), text=True, check=True)


def made(folder: pathlib.Path, maker: pathlib.Path):
    """Kinds that only libjpeg itself writes."""
    ycc = ["1x1,1x1,1x1", "2x1,1x1,1x1", "1x2,1x1,1x1", "2x2,1x1,1x1", "4x1,1x1,1x1", "1x4,1x1,1x1", "4x2,1x1,1x1",
           "2x2,2x1,1x1", "2x2,1x2,2x1", "1x1,2x2,1x1", "2x4,1x1,1x1", "2x2,2x2,1x1", "2x2,1x1,2x2"]  # fmt: skip
    kinds = [("ycc", sampling) for sampling in ycc]
    kinds += [("grey", "1x1"), ("grey", "2x2"), ("rgb", "1x1,1x1,1x1"), ("rgb", "2x2,1x1,1x1")]
    kinds += [("cmyk", "1x1,1x1,1x1,1x1"), ("ycck", "1x1,1x1,1x1,1x1"), ("ycck", "2x2,1x1,1x1,2x2")]
    options = ["", "progressive", "arithmetic", "progressive arithmetic", "restart=1", "progressive restart=2"]
    lines, names = [], []
    for space, sampling in kinds:
        for option in options:
            for width, height in ((1, 1), (23, 18), (70, 45)):
                names.append(f"{space}_{sampling}_{option}_{width}x{height}".replace(" ", "-").replace(",", "+"))
                lines.append(f"{folder / names[-1]} {width} {height} {space} {sampling} {option}")
    names.append("64_scans")
    lines.append(f"{folder / names[-1]} 40 30 grey 1x1 scans=0")
    make(lines, maker)
    for name in names:
        yield name, (folder / name).read_bytes()


def turned_ones():
    colour = by_pillow(picture(31, 18), quality=90)
    for orientation in range(1, 9):
        for order in "<>":
            exif = b"Exif\0\0" + turned(orientation, order)
            yield f"exif_{orientation}_{ord(order)}", with_segment(colour, 0xE1, exif)
    for name, block in odd_blocks():
        yield f"exif_{name}", with_segment(colour, 0xE1, b"Exif\0\0" + block)
    six = b"Exif\0\0" + turned(6)
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"
    yield "exif_after_xmp", with_segment(with_segment(colour, 0xE1, six), 0xE1, xmp)
    yield "exif_before_xmp", with_segment(with_segment(colour, 0xE1, xmp), 0xE1, six)
    yield "exif_without_name", with_segment(colour, 0xE1, b"??????" + turned(6))
    yield "exif_on_grey", with_segment(by_pillow(picture(31, 18, 1)), 0xE1, six)
    yield "exif_on_cmyk", with_segment(by_pillow(picture(31, 18, 4)), 0xE1, six)
    yield "exif_one_row", with_segment(by_pillow(picture(31, 1)), 0xE1, six)


def odd_but_whole():
    colour = by_pillow(picture(64, 48), quality=90)
    cmyk = by_pillow(picture(64, 48, 4), quality=90)
    yield "garbage_after_end", colour + b"garbage" * 100
    yield "padding_before_end", colour[:-2] + b"\0" * 32 + colour[-2:]
    yield "comment", with_segment(colour, 0xFE, b"a comment")
    yield "no_jfif", without_segments(colour, 0xE0)
    yield "cmyk_not_adobe", without_segments(cmyk, 0xEE)
    yield "adobe_ycck", cmyk.replace(b"Adobe\0d\0\0\0\0\0", b"Adobe\0d\0\0\0\0\2")
    yield "adobe_unknown_transform", with_segment(without_segments(colour, 0xE0), 0xEE, b"Adobe\0d\0\0\0\0\7")
    yield "adobe_rgb", with_segment(without_segments(colour, 0xE0), 0xEE, b"Adobe\0d\0\0\0\0\0")
    yield "icc_profile", with_segment(colour, 0xE2, b"ICC_PROFILE\0\1\1" + b"\0" * 200)
    yield "standard_tables_missing", without_segments(by_pillow(picture(64, 48)), 0xC4)


def pictures(folder: pathlib.Path, maker: pathlib.Path):
    yield from common()
    yield from made(folder, maker)
    yield from turned_ones()
    yield from odd_but_whole()
