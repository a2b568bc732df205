# SPDX-License-Identifier: Apache-2.0
"""TIFF files of many kinds, most written byte by byte, as (name, bytes)."""

import io
import struct
import zlib

import numpy as np
from picture_noise import picture
from PIL import Image

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, SEPARATED, YCBCR, CIELAB = 0, 1, 2, 3, 4, 5, 6, 8
CV2_GIVES_GARBAGE = "cv2_gives_garbage_"  # begins the names of files whose pixels OpenCV does not even set
SHORT, LONG, LONG8 = 3, 4, 16


def packbits(data: bytes) -> bytes:
    return b"".join(bytes([len(part) - 1]) + part for part in (data[i : i + 128] for i in range(0, len(data), 128)))


CODECS = {1: bytes, 8: zlib.compress, 32946: zlib.compress, 32773: packbits}


def container(entries: dict, blocks: list[bytes], order: str = "<", big: bool = False, next_page: int = 0) -> bytes:
    """entries: tag -> (type, values). Tag 273 or 324 is filled with the places of `blocks`."""
    word, count_format, head_bytes = ("Q", "Q", 16) if big else ("I", "H", 8)
    body, places = b"", []
    for block in blocks:
        places.append(head_bytes + len(body))
        body += block + bytes(len(block) % 2)
    place_tag = 324 if 322 in entries else 273
    entries = entries | {
        place_tag: (LONG, places),
        place_tag + (1 if place_tag == 324 else 6): (LONG, [len(b) for b in blocks]),
    }
    table = b""
    for tag, (kind, values) in sorted(entries.items()):
        data = struct.pack(order + str(len(values)) + {SHORT: "H", LONG: "I", LONG8: "Q"}[kind], *values)
        if len(data) > struct.calcsize(word):
            field = struct.pack(order + word, head_bytes + len(body))
            body += data + bytes(len(data) % 2)
        else:
            field = data.ljust(struct.calcsize(word), b"\0")
        table += struct.pack(order + "HH" + word, tag, kind, len(values)) + field
    mark = b"II" if order == "<" else b"MM"
    head = (
        struct.pack(order + "HHHQ", 43, 8, 0, 16 + len(body)) if big else struct.pack(order + "HI", 42, 8 + len(body))
    )
    count = struct.pack(order + count_format, len(entries))
    return mark + head + body + count + table + struct.pack(order + word, next_page)


def packed(samples: np.ndarray, bits: int, order: str) -> bytes:
    """height x width x channels, rows padded to bytes."""
    if bits >= 8:
        return samples.astype(order + {8: "u1", 16: "u2", 32: "u4"}[bits]).tobytes()
    rows = samples.reshape(samples.shape[0], -1)
    spread = ((rows[..., None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8)
    return np.packbits(spread.reshape(len(rows), -1), axis=1).tobytes()


def tiff(width=23, height=18, samples=3, bits=8, photometric=RGB, compression=1, rows=None, tile=None, separate=False,
         order="<", big=False, extra=None, values=None):  # fmt: skip
    """rows: of a strip; tile: (width, height)."""
    if values is None:
        random = np.random.default_rng(width * 31 + height + samples)
        values = random.integers(0, 1 << bits, (height, width, samples))
    rows = rows or height
    entries = {256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [bits] * samples), 259: (SHORT, [compression]),
               262: (SHORT, [photometric]), 277: (SHORT, [samples]), 284: (SHORT, [2 if separate else 1])}  # fmt: skip
    if photometric == PALETTE:
        colours = np.random.default_rng(5).integers(0, 65536, 3 << bits)
        entries[320] = (SHORT, [int(v) for v in colours])
    planes = [values[..., i : i + 1] for i in range(samples)] if separate else [values]
    blocks = []
    for plane in planes:
        if tile:
            entries |= {322: (LONG, [tile[0]]), 323: (LONG, [tile[1]])}
            padded = np.pad(plane, ((0, -height % tile[1]), (0, -width % tile[0]), (0, 0)), mode="edge")
            parts = [
                padded[y : y + tile[1], x : x + tile[0]]
                for y in range(0, height, tile[1])
                for x in range(0, width, tile[0])
            ]
        else:
            entries[278] = (LONG, [rows])
            parts = [plane[y : y + rows] for y in range(0, height, rows)]
        blocks += [CODECS[compression](packed(part, bits, order)) for part in parts]
    return container(entries | (extra or {}), blocks, order, big)


def layouts():
    kinds = {
        "rgb": {}, "grey": {"samples": 1, "photometric": BLACK_IS_ZERO}, "white": {"samples": 1, "photometric": WHITE_IS_ZERO},
        "rgba": {"samples": 4, "extra": {338: (SHORT, [2])}}, "rgba_premultiplied": {"samples": 4, "extra": {338: (SHORT, [1])}},
        "rgbx": {"samples": 4, "extra": {338: (SHORT, [0])}}, "grey_alpha": {"samples": 2, "photometric": BLACK_IS_ZERO, "extra": {338: (SHORT, [2])}},
        "palette": {"samples": 1, "photometric": PALETTE}, "cmyk": {"samples": 4, "photometric": SEPARATED},
        "lab": {"photometric": CIELAB}, "five": {"samples": 5, "extra": {338: (SHORT, [0, 0])}},
    }  # fmt: skip
    places = {
        "one_strip": {},
        "strips": {"rows": 5},
        "rows": {"rows": 1},
        "tiles": {"tile": (16, 16)},
        "big_tile": {"tile": (64, 32)},
    }
    for kind, options in kinds.items():
        for place, where in places.items():
            for bits in (8, 16):
                for separate in (False, True):
                    yield f"{kind}_{place}_{bits}_{separate}", tiff(bits=bits, separate=separate, **options, **where)


def small_depths():
    for bits in (1, 2, 4):
        for name, photometric in (("grey", BLACK_IS_ZERO), ("white", WHITE_IS_ZERO), ("palette", PALETTE)):
            for where in ({}, {"rows": 3}, {"tile": (16, 16)}):
                data = tiff(samples=1, bits=bits, photometric=photometric, **where)
                yield f"{name}_{bits}_{len(where)}_{'tile' in where}", data
    yield "grey_32", tiff(samples=1, bits=32, photometric=BLACK_IS_ZERO)
    yield "float", tiff(samples=1, bits=32, photometric=BLACK_IS_ZERO, extra={339: (SHORT, [3])})
    yield "signed", tiff(samples=1, photometric=BLACK_IS_ZERO, extra={339: (SHORT, [2])})
    yield "void", tiff(samples=1, photometric=BLACK_IS_ZERO, extra={339: (SHORT, [4])})
    random = np.random.default_rng(1)
    small = random.integers(0, 256, 3 << 8)
    yield "eight_bit_palette", tiff(samples=1, photometric=PALETTE, extra={320: (SHORT, [int(v) for v in small])})


def orders_and_codecs():
    for order in "<>":
        for big in (False, True):
            for bits in (8, 16):
                yield f"order_{ord(order)}_{big}_{bits}", tiff(order=order, big=big, bits=bits, rows=4)
    for compression in (6, 34712, 34925, 50000, 50001, 65535):
        yield (
            f"{CV2_GIVES_GARBAGE * (compression in (34712, 65535))}codec_not_read_{compression}",
            tiff().replace(struct.pack("<HHIH", 259, 3, 1, 1), struct.pack("<HHIH", 259, 3, 1, compression)),
        )
    for compression in CODECS:
        for where in ({}, {"rows": 5}, {"tile": (16, 16)}):
            yield f"codec_{compression}_{len(where)}_{'tile' in where}", tiff(compression=compression, **where)
    modes = {"RGB": picture(70, 41), "L": picture(70, 41, 1), "CMYK": picture(70, 41, 4)}
    for codec in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "raw"):
        for mode, pixels in modes.items():
            file = io.BytesIO()
            Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes()).save(file, "TIFF", compression=codec)
            yield f"pillow_{codec}_{mode}", file.getvalue()
    for codec in ("group3", "group4", "tiff_ccitt"):
        file = io.BytesIO()
        Image.fromarray(picture(70, 41, 1)).convert("1").save(file, "TIFF", compression=codec)
        yield f"pillow_{codec}", file.getvalue()
    predicted = io.BytesIO()
    Image.fromarray(picture(70, 41)).save(predicted, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    yield "pillow_predictor", predicted.getvalue()


def turned_ones():
    for orientation in range(0, 10):
        for place, where in {"strip": {}, "strips": {"rows": 5}, "tiles": {"tile": (16, 16)}}.items():
            for bits in (8, 16):
                tag = {274: (SHORT, [orientation])}
                yield f"turned_{orientation}_{place}_{bits}", tiff(bits=bits, extra=tag, **where)


def odd():
    yield "rows_per_strip_huge", tiff(extra={278: (LONG, [0xFFFFFFFF])})
    yield "private_tag", tiff(extra={60000: (SHORT, [1, 2, 3, 4, 5])})
    yield "private_tag_beyond_end", tiff(extra={60000: (LONG, [7, 8])})
    yield "description", tiff(extra={270: (SHORT, [65])})
    yield "one_pixel", tiff(1, 1)
    yield "one_row", tiff(50, 1)
    yield "one_column", tiff(1, 50, rows=7)
    pages = io.BytesIO()
    first, second = Image.fromarray(picture(31, 20)), Image.fromarray(picture(12, 9, 1))
    first.save(pages, "TIFF", save_all=True, append_images=[second])
    yield "two_pages", pages.getvalue()
    looped = container({256: (LONG, [9]), 257: (LONG, [6]), 258: (SHORT, [8, 8, 8]), 262: (SHORT, [RGB]), 277: (SHORT, [3]),
                        278: (LONG, [6])}, [bytes(range(162))], next_page=8 + 162 + 6)  # fmt: skip
    yield "loop_of_pages", looped
    yield "garbage_after_end", tiff() + b"garbage" * 50
    yield "no_photometric", tiff().replace(struct.pack("<HHI", 262, 3, 1), struct.pack("<HHI", 263, 3, 1))


def pictures():
    yield from layouts()
    yield from small_depths()
    yield from orders_and_codecs()
    yield from turned_ones()
    yield from odd()
