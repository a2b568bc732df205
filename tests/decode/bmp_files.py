# SPDX-License-Identifier: Apache-2.0
"""BMP files of every kind, written byte by byte, as (name, bytes)."""

import struct

import numpy as np

SIZES = [(1, 1), (2, 3), (7, 5), (8, 4), (9, 6), (33, 17)]


def bmp(width, height, bits, pixels, compression=0, palette=b"", colours=0, masks=b"", info_bytes=40, gap=0) -> bytes:
    """height below zero: top-down. Masks of a header above 40 bytes lie inside it."""
    info = struct.pack("<IiiHHIIiiII", info_bytes, width, height, 1, bits, compression, len(pixels), 0, 0, colours, 0)
    if info_bytes > 40:
        info = (info + masks).ljust(info_bytes, b"\0")
    else:
        info += masks
    at = 14 + len(info) + len(palette) + gap
    return struct.pack("<2sIHHI", b"BM", at + len(pixels), 0, 0, at) + info + palette + bytes(gap) + pixels


def core_bmp(width, height, bits, pixels, palette) -> bytes:
    at = 26 + len(palette)
    head = struct.pack("<2sIHHI", b"BM", at + len(pixels), 0, 0, at)
    return head + struct.pack("<IHHHH", 12, width, height, 1, bits) + palette + pixels


def noise(count: int, seed: int = 0) -> bytes:
    return np.random.default_rng(seed).integers(0, 256, count, np.uint8).tobytes()


def row_bytes(width: int, bits: int) -> int:
    return (width * bits + 31) // 32 * 4


def plain():
    for width, height in SIZES:
        for sign in (1, -1):
            for bits in (1, 4, 8, 16, 24, 32):
                palette = noise(4 << bits, 3) if bits <= 8 else b""
                pixels = noise(row_bytes(width, bits) * height, width)
                yield f"{bits}bit_{width}x{sign * height}", bmp(width, sign * height, bits, pixels, palette=palette)
        for bits in (1, 4, 8, 24, 32):
            palette = noise(3 << bits, 3) if bits <= 8 else b""
            pixels = noise(row_bytes(width, bits) * height, width)
            yield f"core_{bits}bit_{width}x{height}", core_bmp(width, height, bits, pixels, palette)


def masked():
    pixels = noise(row_bytes(9, 16) * 6)
    for name, masks in {"555": (0x7C00, 0x3E0, 0x1F), "565": (0xF800, 0x7E0, 0x1F), "444": (0xF00, 0xF0, 0xF)}.items():
        yield f"16bit_{name}", bmp(9, 6, 16, pixels, 3, masks=struct.pack("<III", *masks))
        yield f"16bit_v4_{name}", bmp(9, 6, 16, pixels, 3, masks=struct.pack("<IIII", *masks, 0), info_bytes=108)
    pixels = noise(row_bytes(9, 32) * 6)
    layouts = {
        "bgra": (0xFF0000, 0xFF00, 0xFF, 0xFF000000),
        "rgba": (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
        "abgr": (0xFF000000, 0xFF0000, 0xFF00, 0xFF),
        "ten_bits": (0x3FF00000, 0xFFC00, 0x3FF, 0),
        "five_bits": (0xF800, 0x7E0, 0x1F, 0),
        "one_bit": (4, 2, 1, 0),
        "gaps": (0xF0F00000, 0xF0F00, 0xF0F, 0),
        "no_blue": (0xFF0000, 0xFF00, 0, 0),
        "whole_word": (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0),
    }
    for name, masks in layouts.items():
        packed = struct.pack("<IIII", *masks)
        for info_bytes in (40, 56, 108, 124):
            yield f"32bit_{name}_{info_bytes}", bmp(9, 6, 32, pixels, 3, masks=packed, info_bytes=info_bytes)
        yield f"32bit_{name}_unused", bmp(9, 6, 32, pixels, 0, masks=packed, info_bytes=124)


def odd():
    pixels = noise(row_bytes(9, 8) * 6)
    yield "few_colours", bmp(9, 6, 8, pixels, palette=noise(40), colours=10)
    yield "all_colours_said", bmp(9, 6, 8, pixels, palette=noise(1024), colours=256)
    yield "too_many_colours", bmp(9, 6, 8, pixels, palette=noise(1200), colours=300)
    yield "more_colours_than_bits", bmp(9, 6, 4, pixels, palette=noise(800), colours=200)
    yield "grey_palette", bmp(9, 6, 8, pixels, palette=bytes(v for i in range(256) for v in (i, i, i, 0)))
    yield "gap", bmp(9, 6, 8, pixels, palette=noise(1024), gap=77)
    yield "os2_header", bmp(9, 6, 8, pixels, palette=noise(1024), info_bytes=64)
    yield "header_36", bmp(9, 6, 24, noise(28 * 6), info_bytes=36)
    yield "two_bits", bmp(9, 6, 2, pixels, palette=noise(16))
    yield "jpeg_inside", bmp(9, 6, 24, pixels, 4)
    yield "png_inside", bmp(9, 6, 24, pixels, 5)
    yield "alpha_masks", bmp(9, 6, 32, noise(9 * 6 * 4), 6, masks=bytes(16))
    yield "no_padding_at_end", bmp(9, 6, 24, noise(28 * 6))[:-1]
    yield "garbage_after_end", bmp(9, 6, 24, noise(28 * 6 + 500))


def random_codes(width: int, height: int, nibbles: bool, random, ends: bool) -> bytes:
    """Legal run-length codes for a picture, with runs, literals and jumps to the right."""
    out = b""
    for y in range(height):
        left = width
        while left > 0:
            kind = random.integers(0, 10)
            count = int(random.integers(1, min(left, 255) + 1))
            if kind < 5:
                out += bytes([count, random.integers(0, 256)])
            elif kind < 8 and count > 2:
                size = (count + 1) // 2 if nibbles else count
                out += bytes([0, count]) + random.integers(0, 256, size, np.uint8).tobytes() + bytes(size % 2)
            elif kind == 8:
                out += bytes([0, 2, count, 0])
            else:
                break
            left -= count
        last = y == height - 1
        out += b"\0\1" if last and ends else b"\0\0"
    return out


def runs():
    for bits, compression in ((8, 1), (4, 2)):
        palette = noise(4 << bits, 5)
        for seed in range(25):
            random = np.random.default_rng(seed)
            width, height = (int(v) for v in random.integers(1, 300 if seed % 5 == 0 else 30, 2))
            codes = random_codes(width, height, bits == 4, random, seed % 2 == 0)
            sign = -1 if seed % 3 == 0 else 1
            yield f"rle{bits}_{seed}", bmp(width, sign * height, bits, codes, compression, palette)
        for name, codes in odd_codes().items():
            yield f"rle{bits}_{name}", bmp(6, 4, bits, codes, compression, palette)


def odd_codes() -> dict[str, bytes]:
    row = b"\6\x12"
    return {
        "rows_full_no_ends": row * 4,
        "rows_full_with_ends": (row + b"\0\0") * 4 + b"\0\1",
        "end_at_once": b"\0\1",
        "end_then_bytes": b"\0\1" + bytes(60),
        "end_in_row": b"\3\x12\0\1",
        "empty_rows": b"\0\0" * 4 + b"\0\1",
        "jump_down": b"\2\x12\0\2\1\2\3\x45\0\1",
        "jump_over_end": b"\2\x12\0\2\5\0\2\x45\0\0\0\0\0\0\0\1",
        "jump_nowhere": b"\2\x12\0\2\0\0\4\x45" + row * 3 + b"\0\1",
        "jump_past_picture": b"\2\x12\0\2\0\xff\1\1\0\1",
        "run_too_long": b"\x0f\x12\0\1",
        "literal_too_long": b"\0\x0f" + bytes(range(16)) + b"\0\1",
        "literal_fills_row": b"\0\6\1\2\3\4\5\6\0\0" * 4 + b"\0\1",
        "literal_then_run": b"\0\6\1\2\3\4\5\6" + row + b"\0\1",
        "literal_last_no_end": row * 3 + b"\0\6\1\2\3\4\5\6",
        "cut_in_literal": row + b"\0\6\1\2",
        "cut_in_jump": row + b"\0\2\1",
        "cut_in_code": row + b"\0",
        "nothing": b"",
    }


def pictures():
    yield from plain()
    yield from masked()
    yield from odd()
    yield from runs()
