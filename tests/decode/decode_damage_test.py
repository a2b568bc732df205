# SPDX-License-Identifier: Apache-2.0
"""Cut, flipped and bomb-like files: a clear error, never a half picture, never a crash or much memory."""

import io
import struct
import zlib

import bmp_files
import cv2
import jpeg_files
import numpy as np
import png_files
import pytest
import tiff_files
import webp_files
from decoding import SANITIZED, TEST_BIN, decode, write
from picture_noise import picture
from PIL import Image

REFUSALS = {"input_truncated", "input_corrupt", "input_unsupported", "input_too_large"}


def pillow_tiff(codec: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture(80, 60)).save(file, "TIFF", compression=codec)
    return file.getvalue()


def rle(bits: int) -> bytes:
    codes = bmp_files.random_codes(60, 50, bits == 4, np.random.default_rng(1), True)
    return bmp_files.bmp(60, 50, bits, codes, 3 - bits // 4, bmp_files.noise(4 << bits))


def whole_files() -> dict[str, bytes]:
    colour = picture(80, 60)
    return {
        "jpeg": jpeg_files.by_pillow(colour, quality=85),
        "jpeg_progressive": jpeg_files.by_pillow(colour, progressive=True),
        "jpeg_restart": jpeg_files.by_pillow(colour, restart_marker_rows=1),
        "jpeg_cmyk": jpeg_files.by_pillow(picture(80, 60, 4)),
        "png": png_files.png(80, 60, 8, png_files.RGB),
        "png_interlaced": png_files.png(80, 60, 8, png_files.RGB_ALPHA, True),
        "png_16_bit": png_files.png(80, 60, 16, png_files.GREY),
        "png_palette": png_files.png(80, 60, 4, png_files.PALETTE, idat_bytes=300),
        "bmp_24": bmp_files.bmp(80, 60, 24, bmp_files.noise(240 * 60)),
        "bmp_8": bmp_files.bmp(80, 60, 8, bmp_files.noise(80 * 60), palette=bmp_files.noise(1024)),
        "bmp_rle8": rle(8),
        "bmp_rle4": rle(4),
        "webp_lossy": webp_files.by_pillow(colour, quality=80),
        "webp_lossless": webp_files.by_pillow(colour, lossless=True),
        "webp_alpha": webp_files.by_pillow(picture(80, 60, 4), quality=80),
        "tiff_plain": tiff_files.tiff(80, 60, rows=7),
        "tiff_tiles": tiff_files.tiff(80, 60, tile=(16, 16), compression=8),
        "tiff_separate": tiff_files.tiff(80, 60, separate=True, rows=20),
        "tiff_big": tiff_files.tiff(80, 60, big=True, order=">"),
        "tiff_lzw": pillow_tiff("tiff_lzw"),
        "tiff_deflate": pillow_tiff("tiff_adobe_deflate"),
        "tiff_packbits": pillow_tiff("packbits"),
        "tiff_jpeg": pillow_tiff("jpeg"),
    }


WHOLE = whole_files()


@pytest.mark.parametrize("kind", WHOLE)
def test_a_cut_file_is_refused_or_whole(kind, tmp_path):
    """Cut at every hundredth and around both ends. A cut that loses no pixel may give the whole picture."""
    data = WHOLE[kind]
    places = sorted({len(data) * i // 100 for i in range(100)} | set(range(40)) | set(range(len(data) - 20, len(data))))
    files = write(tmp_path, [(f"{place}", data[:place]) for place in places] + [("whole", data)])
    run = decode(files, tmp_path)
    assert run.stderr == ""
    *cut, whole = run.outcomes
    assert whole.code == "ok"
    wrong = []
    for place, outcome in zip(places, cut, strict=True):
        if outcome.code == "ok" and np.array_equal(outcome.pixels, whole.pixels):
            continue
        if outcome.code != "input_truncated":
            wrong.append(f"{place} of {len(data)}: {outcome.code} {outcome.message}")
    assert wrong == []


@pytest.mark.parametrize("kind", WHOLE)
def test_flipped_bits_crash_nothing(kind, tmp_path):
    data = WHOLE[kind]
    random = np.random.default_rng(len(data))
    damaged = []
    for n in range(400):
        copy = bytearray(data)
        reach = len(copy) if n % 2 else min(len(copy), 200)
        for _ in range(1 + n % 3):
            copy[random.integers(0, reach)] ^= 1 << random.integers(0, 8)
        damaged.append((f"{n}", bytes(copy)))
    run = decode(write(tmp_path, damaged), tmp_path, max_pixels=1 << 22, keep_pixels=False)
    assert run.stderr == ""
    assert {outcome.code for outcome in run.outcomes} <= REFUSALS | {"ok"}
    assert any(outcome.code in REFUSALS for outcome in run.outcomes)
    if not SANITIZED:
        assert run.peak_mib < 120


def png_header(width: int, height: int, data: bytes = b"") -> bytes:
    return png_files.header(width, height, 8, png_files.RGB) + png_files.chunk(b"IDAT", zlib.compress(data))


def repeated_scan(jpeg: bytes, times: int) -> bytes:
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:last] + jpeg[last:-2] * times + jpeg[-2:]


def bombs() -> list[tuple[str, bytes, set[str]]]:
    jpeg = jpeg_files.by_pillow(picture(32, 32), quality=85)
    frame = jpeg.index(b"\xff\xc0") + 5
    progressive = jpeg_files.by_pillow(picture(32, 32), progressive=True)
    progressive_frame = progressive.index(b"\xff\xc2") + 5

    def sized(data: bytes, at: int, side: int) -> bytes:
        return data[:at] + struct.pack(">HH", side, side) + data[at + 4 :]

    text_bomb = png_files.chunk(b"zTXt", b"C\0\0" + zlib.compress(bytes(200 << 20)))
    profile_bomb = png_files.chunk(b"iCCP", b"C\0\0" + zlib.compress(bytes(200 << 20)))
    tall = {"width": 60000, "height": 4000, "values": np.zeros((1, 1, 3))}
    no_pixels = png_files.header(20, 11, 8, png_files.RGB)
    return [
        ("png_million_square", png_header(10**6, 10**6), {"input_too_large"}),
        ("png_2_31_square", png_header(2**31 - 1, 2**31 - 1), {"input_too_large"}),
        ("png_no_pixels", png_header(16000, 16000), {"input_truncated"}),
        ("png_exif_claims_1_gib", no_pixels + struct.pack(">I", 1 << 30) + b"eXIf" + bytes(50), {"input_truncated"}),
        ("png_zero_wide", png_header(0, 5), {"input_corrupt"}),
        ("png_text_bomb", png_files.png(20, 11, 8, png_files.RGB, extra=text_bomb), {"ok"}),
        ("png_profile_bomb", png_files.png(20, 11, 8, png_files.RGB, extra=profile_bomb), {"ok"}),
        ("png_too_much_data", png_header(4, 4, bytes(100 << 20)) + png_files.chunk(b"IEND", b""), {"ok"}),
        ("jpeg_65500_square", sized(jpeg, frame, 65500), {"input_too_large"}),
        ("jpeg_65535_square", sized(jpeg, frame, 65535), {"input_too_large"}),
        ("jpeg_no_pixels", sized(jpeg, frame, 16000), {"input_truncated"}),
        ("jpeg_progressive_no_pixels", sized(progressive, progressive_frame, 16000), {"input_truncated"}),
        ("jpeg_10000_scans", repeated_scan(progressive, 10000), {"input_corrupt", "input_too_large"}),
        ("bmp_huge", bmp_files.bmp(60000, 60000, 24, b""), {"input_too_large"}),
        ("bmp_no_pixels", bmp_files.bmp(16000, 16000, 24, b""), {"input_truncated"}),
        ("bmp_tallest", bmp_files.bmp(1, -(2**31), 24, b""), {"input_too_large"}),
        ("tiff_no_pixels", tiff_files.tiff(**tall, extra={279: (tiff_files.LONG, [2**31])}), {"input_truncated"}),
        ("tiff_huge", tiff_files.tiff(2**31, 2**31, values=np.zeros((1, 1, 3))), {"input_too_large"}),
        ("tiff_huge_tile", tiff_files.tiff(8, 8, extra={322: (4, [2**24]), 323: (4, [2**24])}), {"input_too_large"}),
    ]


def test_bombs_are_refused_in_little_memory(tmp_path):
    named = bombs()
    run = decode(write(tmp_path, [(name, data) for name, data, _ in named]), tmp_path)
    seen = [
        (name, outcome.code in codes, outcome.code, outcome.message)
        for (name, _, codes), outcome in zip(named, run.outcomes, strict=True)
    ]
    assert [row for row in seen if not row[1]] == []
    assert run.stderr == ""
    if not SANITIZED:
        assert run.peak_mib < 150


@pytest.mark.parametrize(
    "kind", ["jpeg", "png", "bmp_24", "bmp_rle8", "webp_lossy", "webp_lossless", "tiff_plain", "tiff_tiles"]
)
def test_the_limit_on_pixels_holds(kind, tmp_path):
    files = write(tmp_path, [("picture", WHOLE[kind])])
    pixels = 60 * 50 if kind == "bmp_rle8" else 80 * 60
    assert decode(files, tmp_path, max_pixels=pixels).outcomes[0].code == "ok"
    over = decode(files, tmp_path, max_pixels=pixels - 1).outcomes[0]
    assert over.code == "input_too_large"
    assert f"= {pixels} pixels, {pixels - 1} are allowed" in over.message


def test_a_jpeg_of_many_scans_is_refused(tmp_path):
    """The scans are in order, so only their number tells them from an honest picture's."""
    path = tmp_path / "scans.jpg"
    jpeg_files.make([f"{path} 64 64 grey 1x1 scans=1"], TEST_BIN / "jpeg_maker")
    (outcome,) = decode([path], tmp_path).outcomes
    assert outcome.code == "input_too_large"
    assert "more than 100 scans" in outcome.message


def test_a_wrong_check_sum_of_a_png_is_noticed(tmp_path):
    """Each chunk's own CRC is right, only the pixel stream's Adler-32 is not."""
    stream = bytearray(zlib.compress(png_files.raw_stream(np.zeros((9, 9, 3), int), 8, False)))
    stream[-1] ^= 1
    data = (
        png_files.header(9, 9, 8, png_files.RGB)
        + png_files.chunk(b"IDAT", bytes(stream))
        + png_files.chunk(b"IEND", b"")
    )
    (outcome,) = decode(write(tmp_path, [("adler", data)]), tmp_path).outcomes
    assert outcome.code == "input_corrupt"


def test_other_formats_are_named(tmp_path):
    looks = {
        "GIF": b"GIF89a" + bytes(20), "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n", "HEIC": b"\0\0\0\x18ftypheic", "AVIF": b"\0\0\0\x1cftypavif",
        "SVG": b'<?xml version="1.0"?>\n<svg xmlns="x"/>', "a PDF document": b"%PDF-1.7", "text": b"hello, world\n",
        "JPEG XL": b"\xff\x0a\0", "Photoshop PSD": b"8BPS\0\1", "a web page": b"<!DOCTYPE html><html>", "a ZIP archive": b"PK\3\4",
        "a NumPy array": b"\x93NUMPY\1\0", "Netpbm (PPM, PGM, PBM)": b"P6\n1 1\n255\n\0\0\0", "no picture format": bytes(50),
    }  # fmt: skip
    run = decode(write(tmp_path, [(f"{n}.jpg", data) for n, data in enumerate(looks.values())]), tmp_path)
    for name, outcome in zip(looks, run.outcomes, strict=True):
        assert outcome.code == "input_unsupported"
        assert f"looks like {name};" in outcome.message


def test_the_suffix_does_not_matter(tmp_path):
    pixels = picture(20, 15)
    ok, data = cv2.imencode(".png", pixels)
    assert ok
    run = decode(write(tmp_path, [("picture.jpg", data.tobytes())]), tmp_path)
    assert np.array_equal(run.outcomes[0].pixels, pixels)


def test_an_unusual_jpeg_is_refused_in_words(tmp_path):
    jpeg = jpeg_files.by_pillow(picture(32, 32))
    frame = jpeg.index(b"\xff\xc0")
    twelve_bits = jpeg[: frame + 4] + b"\x0c" + jpeg[frame + 5 :]
    lossless = jpeg[:frame] + b"\xff\xc3" + jpeg[frame + 2 :]
    no_height = jpeg[: frame + 5] + b"\0\0" + jpeg[frame + 7 :]
    run = decode(write(tmp_path, [("12", twelve_bits), ("lossless", lossless), ("dnl", no_height)]), tmp_path)
    assert [outcome.code for outcome in run.outcomes] == ["input_unsupported"] * 3
    assert "precision" in run.outcomes[0].message
