# SPDX-License-Identifier: Apache-2.0
"""EXIF data with an orientation, whole and odd."""

import struct

ORIENTATION = 0x0112
MAKE = 0x010F
X_RESOLUTION = 0x011A


def exif(entries: list[tuple[int, int, int, int]], order: str = "<", mark: bytes | None = None) -> bytes:
    """A TIFF block with entries of (tag, type, count, value); a SHORT's value lies in the first two bytes."""
    head = mark or (b"II" if order == "<" else b"MM")
    body = struct.pack(order + "HIH", 42, 8, len(entries))
    for tag, kind, count, value in entries:
        field = struct.pack(order + "HH", value, 0) if kind == 3 else struct.pack(order + "I", value)
        body += struct.pack(order + "HHI", tag, kind, count) + field
    return head + body + b"\0\0\0\0"


def turned(orientation: int, order: str = "<") -> bytes:
    return exif([(ORIENTATION, 3, 1, orientation)], order)


def odd_blocks() -> list[tuple[str, bytes]]:
    """Blocks on which readers differ; OpenCV is the judge."""
    return [
        ("after_broken_text", exif([(MAKE, 2, 5000, 9000), (ORIENTATION, 3, 1, 6)])),
        ("before_broken_text", exif([(ORIENTATION, 3, 1, 6), (MAKE, 2, 5000, 9000)])),
        ("after_short_text", exif([(MAKE, 2, 4, 0x41424344), (ORIENTATION, 3, 1, 8)])),
        ("after_broken_fraction", exif([(X_RESOLUTION, 5, 1, 4000), (ORIENTATION, 3, 1, 6)])),
        ("after_whole_fraction", exif([(X_RESOLUTION, 5, 1, 8), (ORIENTATION, 3, 1, 6)])),
        ("twice", exif([(ORIENTATION, 3, 1, 9), (ORIENTATION, 3, 1, 6)])),
        ("as_long_little", exif([(ORIENTATION, 4, 1, 6)])),
        ("as_long_big", exif([(ORIENTATION, 4, 1, 6)], ">")),
        ("zero", turned(0)),
        ("nine", turned(9)),
        ("unknown_order", exif([(ORIENTATION, 3, 1, 6)], ">", b"XY")),
        ("wrong_magic", turned(6)[:2] + b"\x2b\0" + turned(6)[4:]),
        ("cut_before_value", turned(6)[:18]),
        ("cut_after_value", turned(6)[:20]),
        ("directory_beyond", turned(6)[:4] + b"\xff\xff\xff\xff" + turned(6)[8:]),
        ("one_byte", b"I"),
    ]
