// SPDX-License-Identifier: Apache-2.0
// JPEGs of many kinds, for tests.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <jpeglib.h>

#include "segfleet/image.h"

namespace segfleet {

struct JpegKind {
  Size size{61, 45};
  int components = 3;    // 1: grey, 4: CMYK
  int width_factor = 2;  // of the first component; of the others 1
  int height_factor = 2;
  bool progressive = false;
  bool rgb = false;  // stored as such, with no conversion
  unsigned rows_between_restarts = 0;
  int orientation = 1;  // as EXIF counts
};

// Slopes, and a bar in the middle.
inline std::vector<std::byte> make_jpeg(const JpegKind& kind) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  jpeg_mem_dest(&jpeg, &bytes, &count);
  jpeg.image_width = static_cast<JDIMENSION>(kind.size.width);
  jpeg.image_height = static_cast<JDIMENSION>(kind.size.height);
  jpeg.input_components = kind.components;
  jpeg.in_color_space = kind.components == 1 ? JCS_GRAYSCALE : kind.components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  if (kind.rgb) jpeg_set_colorspace(&jpeg, JCS_RGB);
  jpeg.comp_info[0].h_samp_factor = kind.width_factor;
  jpeg.comp_info[0].v_samp_factor = kind.height_factor;
  jpeg.restart_in_rows = static_cast<int>(kind.rows_between_restarts);
  if (kind.progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  if (kind.orientation != 1) {
    const auto turn = static_cast<JOCTET>(kind.orientation);
    // One tag: orientation, a short.
    const JOCTET exif[] = {'E',  'x', 'i', 'f', 0, 0, 'I', 'I', 42,   0, 8, 0, 0, 0, 1, 0,
                           0x12, 1,   3,   0,   1, 0, 0,   0,   turn, 0, 0, 0, 0, 0, 0, 0};
    jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, sizeof exif);
  }
  std::vector<JSAMPLE> row;
  while (jpeg.next_scanline < jpeg.image_height) {
    row.clear();
    for (JDIMENSION x = 0; x < jpeg.image_width; ++x)
      for (int c = 0; c < kind.components; ++c) {
        const bool bar = 3 * x > jpeg.image_width && 3 * x < 2 * jpeg.image_width;
        row.push_back(static_cast<JSAMPLE>((bar ? 90 : 20) + (c + 1) * 3 * static_cast<int>(x) % 100 +
                                           static_cast<int>(jpeg.next_scanline) % 60));
      }
    JSAMPROW rows[] = {row.data()};
    jpeg_write_scanlines(&jpeg, rows, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  const auto* first = reinterpret_cast<const std::byte*>(bytes);
  std::vector<std::byte> made(first, first + count);
  std::free(bytes);
  return made;
}

}  // namespace segfleet
