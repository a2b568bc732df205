# SPDX-License-Identifier: Apache-2.0
"""PNG files of every colour type, depth and interlace, written byte by byte, as (name, bytes)."""

import struct
import zlib

import numpy as np
from exif_bytes import odd_blocks, turned

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGB_ALPHA: (8, 16)}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def header(width: int, height: int, depth: int, colour: int, interlaced: bool = False) -> bytes:
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def packed_row(samples: np.ndarray, depth: int) -> bytes:
    if depth == 16:
        return samples.astype(">u2").tobytes()
    if depth == 8:
        return samples.astype(np.uint8).tobytes()
    bits = ((samples[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8)
    return np.packbits(bits.ravel()).tobytes()


def filtered(rows: list[bytes], unit: int, first_filter: int) -> bytes:
    """PNG's five filters in turn."""
    out = b""
    above = bytes(len(rows[0]))
    for y, row in enumerate(rows):
        kind = (first_filter + y) % 5
        now = np.frombuffer(row, np.uint8).astype(int)
        up = np.frombuffer(above, np.uint8).astype(int)
        left = np.concatenate([np.zeros(unit, int), now])[: len(now)]
        corner = np.concatenate([np.zeros(unit, int), up])[: len(now)]
        p = left + up - corner
        distances = np.stack([abs(p - left), abs(p - up), abs(p - corner)])
        paeth = np.choose(distances.argmin(axis=0), [left, up, corner])
        guess = [np.zeros_like(now), left, up, (left + up) // 2, paeth][kind]
        out += bytes([kind]) + ((now - guess) % 256).astype(np.uint8).tobytes()
        above = row
    return out


def raw_stream(samples: np.ndarray, depth: int, interlaced: bool) -> bytes:
    """samples: height x width x channels."""
    unit = max(1, samples.shape[2] * depth // 8)
    parts = [(0, 0, 1, 1)] if not interlaced else PASSES
    stream = b""
    for number, (x, y, step_x, step_y) in enumerate(parts):
        part = samples[y::step_y, x::step_x]
        if part.size:
            stream += filtered([packed_row(row.ravel(), depth) for row in part], unit, number)
    return stream


def png(width, height, depth, colour, interlaced=False, extra=b"", late=b"", palette=None, idat_bytes=1 << 30):
    random = np.random.default_rng(width * 31 + height)
    samples = random.integers(0, 1 << depth, (height, width, CHANNELS[colour]))
    data = header(width, height, depth, colour, interlaced)
    if colour == PALETTE:
        data += chunk(b"PLTE", random.integers(0, 256, (palette or 1 << depth) * 3, np.uint8).tobytes())
    stream = zlib.compress(raw_stream(samples, depth, interlaced))
    parts = [stream[i : i + idat_bytes] for i in range(0, len(stream), idat_bytes)]
    return data + extra + b"".join(chunk(b"IDAT", part) for part in parts) + late + chunk(b"IEND", b"")


def kinds():
    for colour, depths in DEPTHS.items():
        for depth in depths:
            for interlaced in (False, True):
                for width, height in ((1, 1), (3, 2), (1, 17), (9, 1), (37, 23)):
                    name = f"type{colour}_{depth}bit_{interlaced}_{width}x{height}"
                    yield name, png(width, height, depth, colour, interlaced)


def transparent():
    for depth in DEPTHS[PALETTE]:
        yield f"palette_trns_{depth}", png(20, 11, depth, PALETTE, extra=chunk(b"tRNS", bytes([0, 128])))
    for depth in DEPTHS[GREY]:
        yield f"grey_trns_{depth}", png(20, 11, depth, GREY, extra=chunk(b"tRNS", b"\0\1"))
    for depth in DEPTHS[RGB]:
        yield f"rgb_trns_{depth}", png(20, 11, depth, RGB, extra=chunk(b"tRNS", b"\0\1\0\2\0\3"))


def with_extras():
    gamma = chunk(b"gAMA", struct.pack(">I", 100000))
    profile = chunk(b"iCCP", b"name\0\0" + zlib.compress(b"\0" * 500))
    for colour in DEPTHS:
        yield f"gamma_{colour}", png(20, 11, 8, colour, extra=gamma)
    extras = {
        "srgb": chunk(b"sRGB", b"\0"),
        "chrm": chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
        "broken_profile": profile,
        "background": chunk(b"bKGD", b"\0\1\0\2\0\3"),
        "significant_bits": chunk(b"sBIT", b"\5\6\5"),
        "text": chunk(b"tEXt", b"Comment\0some text") + chunk(b"zTXt", b"C\0\0" + zlib.compress(b"text" * 100)),
        "unknown": chunk(b"prVt", b"private"),
        "unknown_bad_crc": chunk(b"prVt", b"private")[:-1] + b"\0",
        "animation": chunk(b"acTL", struct.pack(">II", 2, 0)),
    }
    for name, extra in extras.items():
        yield name, png(20, 11, 8, RGB, extra=extra)
    yield "palette_too_short", png(20, 11, 8, PALETTE, palette=100)
    yield "many_idat", png(30, 20, 8, RGB, idat_bytes=7)
    yield "garbage_after_end", png(30, 20, 8, RGB) + b"garbage" * 100


def turned_ones():
    for orientation in range(1, 9):
        for order in "<>":
            block = chunk(b"eXIf", turned(orientation, order))
            yield f"exif_{orientation}_{ord(order)}", png(20, 11, 8, RGB, extra=block)
    yield "exif_after_pixels", png(20, 11, 8, RGB, late=chunk(b"eXIf", turned(6)))
    yield "exif_both", png(20, 11, 8, RGB, extra=chunk(b"eXIf", turned(3)), late=chunk(b"eXIf", turned(6)))
    yield "exif_bad_crc", png(20, 11, 8, RGB, extra=chunk(b"eXIf", turned(6))[:-1] + b"?")
    yield "exif_on_palette", png(20, 11, 4, PALETTE, True, extra=chunk(b"eXIf", turned(8)))
    for name, block in odd_blocks():
        yield f"exif_{name}", png(20, 11, 8, RGB, extra=chunk(b"eXIf", block))


def pictures():
    yield from kinds()
    yield from transparent()
    yield from with_extras()
    yield from turned_ones()
