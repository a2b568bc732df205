// SPDX-License-Identifier: Apache-2.0
// libjpeg-turbo's decompressor with its failures caught. Thread-safety: one object per thread.
//
// libjpeg leaves by longjmp. Every call into it is made by a member function of JpegReader whose frame, and
// the frames of the callbacks, hold no object with a destructor, so nothing is skipped. What must outlive a
// jump is a member.
#pragma once
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>

#include <jpeglib.h>

#include "segfleet/error.h"
#include "segfleet/image.h"

namespace segfleet {

class JpegReader {
 public:
  explicit JpegReader(int max_scans) : max_scans_(max_scans) {}
  ~JpegReader();
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  // Reads up to the first scan. `encoded` must outlive the reader. False: see error().
  // No pixel memory is allocated.
  bool read_header(std::span<const std::byte> encoded);
  // Of 2, 4 or 8: read_pixels() gives one pixel for so many each way. After read_header. False: see error().
  bool reduce(int times);
  // Decodes all rows as blue-green-red, 3 bytes for each of width() * height() pixels, or of reduced(), and
  // the rest of the file. False: see error().
  bool read_pixels(std::uint8_t* pixels);

  // Valid after read_header.
  unsigned width() const { return info_.image_width; }
  unsigned height() const { return info_.image_height; }
  // Valid after reduce.
  Size reduced() const {
    return {static_cast<int>(info_.output_width), static_cast<int>(info_.output_height)};
  }
  // As EXIF counts (exif.h), by the first APP1 segment, which is where OpenCV looks for it.
  int orientation() const;
  // Huffman-coded, sequential, all in one scan; grey, or YCbCr of which chroma is whole (4:4:4), of half the
  // width (4:2:2), or of half of both sides (4:2:0): what cameras and most programs write.
  bool is_common() const;
  // What follows the header of the first scan, to the end of the file.
  std::span<const std::byte> first_scan() const;
  // How many restart markers belong into it.
  std::uint64_t restart_markers() const;
  // Fewer bits than this cannot hold the picture: Huffman codes spend one bit or more on every block's mean.
  std::uint64_t least_bits() const;

  Error error() const;

 private:
  static JpegReader& of(j_common_ptr info) { return *static_cast<JpegReader*>(info->client_data); }
  static void on_error(j_common_ptr info);
  static void on_message(j_common_ptr info, int level);
  static void on_progress(j_common_ptr info);
  static void on_output(j_common_ptr) {}

  [[noreturn]] void fail(ErrorCode code);
  bool only_padding_skipped() const;
  void read_cmyk_rows(std::uint8_t* pixels);
  std::span<const std::byte> first_app1() const;  // empty if there is none

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf escape_{};
  int max_scans_;
  ErrorCode code_ = ErrorCode::internal;
  char message_[JMSG_LENGTH_MAX] = {};
};

}  // namespace segfleet
