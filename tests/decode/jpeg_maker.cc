// SPDX-License-Identifier: Apache-2.0
// Writes JPEGs of kinds that no Python library writes, for the tests beside it. Reads one picture a line:
// PATH WIDTH HEIGHT SPACE SAMPLING [progressive] [arithmetic] [restart=ROWS] [scans=BITS] [quality=Q]
// SPACE: grey, ycc, rgb, cmyk, ycck. SAMPLING: one HxV a component, "2x2,1x1,1x1". scans=BITS: a progressive
// picture with a scan for every coefficient and for each of BITS + 1 bits.
#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

#include <cmath>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Space {
  J_COLOR_SPACE given;
  J_COLOR_SPACE stored;
  int components;
};

Space space_named(const std::string& name) {
  if (name == "grey") return {JCS_GRAYSCALE, JCS_GRAYSCALE, 1};
  if (name == "rgb") return {JCS_RGB, JCS_RGB, 3};
  if (name == "cmyk") return {JCS_CMYK, JCS_CMYK, 4};
  if (name == "ycck") return {JCS_CMYK, JCS_YCCK, 4};
  return {JCS_RGB, JCS_YCbCr, 3};
}

std::vector<jpeg_scan_info> many_scans(int components, int bits) {
  std::vector<jpeg_scan_info> scans;
  jpeg_scan_info means{components, {0, 1, 2, 3}, 0, 0, 0, 0};
  scans.push_back(means);
  for (int component = 0; component < components; ++component)
    for (int coefficient = 1; coefficient < 64; ++coefficient)
      for (int bit = bits; bit >= 0; --bit)
        scans.push_back({1, {component, 0, 0, 0}, coefficient, coefficient, bit == bits ? 0 : bit + 1, bit});
  return scans;
}

std::vector<JSAMPLE> waves_and_noise(JDIMENSION width, int components, JDIMENSION y, std::mt19937& random) {
  std::vector<JSAMPLE> row;
  for (JDIMENSION x = 0; x < width; ++x)
    for (int c = 0; c < components; ++c)
      row.push_back(static_cast<JSAMPLE>(118 + 90 * std::sin(x * 0.11 * (c + 1)) * std::cos(y * 0.07) +
                                         static_cast<int>(random() % 40)));
  return row;
}

void write_picture(std::istringstream& line) {
  std::string path;
  std::string space_name;
  std::string sampling;
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  line >> path >> info.image_width >> info.image_height >> space_name >> sampling;
  const Space space = space_named(space_name);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  jpeg_stdio_dest(&info, file);
  info.in_color_space = space.given;
  info.input_components = space.components;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, space.stored);
  for (int i = 0; i < space.components; ++i) {
    info.comp_info[i].h_samp_factor = sampling[static_cast<std::size_t>(i) * 4] - '0';
    info.comp_info[i].v_samp_factor = sampling[static_cast<std::size_t>(i) * 4 + 2] - '0';
  }
  std::vector<jpeg_scan_info> scans;
  for (std::string option; line >> option;) {
    const int value =
        option.find('=') == std::string::npos ? 0 : std::stoi(option.substr(option.find('=') + 1));
    if (option == "progressive") jpeg_simple_progression(&info);
    if (option == "arithmetic") info.arith_code = TRUE;
    if (option.starts_with("restart=")) info.restart_in_rows = value;
    if (option.starts_with("quality=")) jpeg_set_quality(&info, value, TRUE);
    if (option.starts_with("scans=")) {
      scans = many_scans(space.components, value);
      info.scan_info = scans.data();
      info.num_scans = static_cast<int>(scans.size());
    }
  }
  jpeg_start_compress(&info, TRUE);
  std::mt19937 random(info.image_width * 31 + info.image_height);
  while (info.next_scanline < info.image_height) {
    std::vector<JSAMPLE> row =
        waves_and_noise(info.image_width, space.components, info.next_scanline, random);
    JSAMPROW rows[] = {row.data()};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  std::fclose(file);
  jpeg_destroy_compress(&info);
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    write_picture(words);
  }
}
