# SPDX-License-Identifier: Apache-2.0
"""Seeds for decode_fuzz: the pictures of the decoders' own tests, one folder a format."""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "decode"))

import bmp_files  # noqa: E402
import jpeg_files  # noqa: E402
import png_files  # noqa: E402
import tiff_files  # noqa: E402
import webp_files  # noqa: E402


def make(folder: pathlib.Path, jpeg_maker: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as made:
        formats = {
            "jpeg": jpeg_files.pictures(pathlib.Path(made), jpeg_maker),
            "png": png_files.pictures(),
            "bmp": bmp_files.pictures(),
            "webp": webp_files.pictures(),
            "tiff": tiff_files.pictures(),
        }
        for name, pictures in formats.items():
            (folder / name).mkdir(parents=True, exist_ok=True)
            for title, data in pictures:
                (folder / name / title).write_bytes(data)
