// SPDX-License-Identifier: Apache-2.0
#include "imaging/decode/jpeg_reader.h"

#include <jerror.h>

#include <algorithm>

#include "imaging/decode/exif.h"
#include "imaging/decode/picture.h"

namespace segfleet {
namespace {

constexpr int kWarning = -1;
constexpr unsigned kLongestSegment = 0xFFFF;
constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr std::size_t kExifIdentifierBytes = 6;  // "Exif", 0, 0; OpenCV skips them unread
constexpr int kBits = 8;

ErrorCode code_of_error(int message) {
  switch (message) {
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_EMPTY_IMAGE:
      return ErrorCode::input_unsupported;
    case JERR_IMAGE_TOO_BIG:
      return ErrorCode::input_too_large;
    case JERR_OUT_OF_MEMORY:
      return ErrorCode::out_of_memory;
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY:
      return ErrorCode::input_truncated;
    default:
      return ErrorCode::input_corrupt;
  }
}

// As OpenCV mixes CMYK stored inverted (as Adobe does) into blue-green-red.
void cmyk_row_to_bgr(const JSAMPLE* cmyk, unsigned width, std::uint8_t* bgr) {
  for (unsigned x = 0; x < width; ++x, cmyk += 4, bgr += 3) {
    const int black = cmyk[3];
    for (int i = 0; i < 3; ++i)
      bgr[2 - i] = static_cast<std::uint8_t>(black - ((255 - cmyk[i]) * black >> 8));
  }
}

}  // namespace

JpegReader::~JpegReader() {
  jpeg_destroy_decompress(&info_);
}

void JpegReader::fail(ErrorCode code) {
  code_ = code;
  errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), message_);
  std::longjmp(escape_, 1);
}

void JpegReader::on_error(j_common_ptr info) {
  of(info).fail(code_of_error(info->err->msg_code));
}

// libjpeg goes on after a warning and fills what is missing with grey. Here a warning that says that pixels
// are missing or wrong ends the decoding; OpenCV would give the half-grey picture.
void JpegReader::on_message(j_common_ptr info, int level) {
  if (level != kWarning) return;
  JpegReader& reader = of(info);
  switch (info->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_ICC:
      return;
    case JWRN_EXTRANEOUS_DATA:
      if (!reader.only_padding_skipped()) reader.fail(ErrorCode::input_corrupt);
      return;
    case JWRN_JPEG_EOF:
      reader.fail(ErrorCode::input_truncated);
    default:
      reader.fail(ErrorCode::input_corrupt);
  }
}

// Some cameras pad with zeros before a marker: no pixel is lost.
// The skipped bytes end where libjpeg reads next.
bool JpegReader::only_padding_skipped() const {
  const int skipped = errors_.msg_parm.i[0];
  const JOCTET* const next = info_.src->next_input_byte;
  return std::all_of(next - skipped, next, [](JOCTET byte) { return byte == 0; });
}

void JpegReader::on_progress(j_common_ptr info) {
  JpegReader& reader = of(info);
  if (reader.info_.input_scan_number <= reader.max_scans_) return;
  reader.code_ = ErrorCode::input_too_large;
  std::snprintf(reader.message_, sizeof reader.message_, "more than %d scans", reader.max_scans_);
  std::longjmp(reader.escape_, 1);
}

bool JpegReader::read_header(std::span<const std::byte> encoded) {
  info_.err = jpeg_std_error(&errors_);
  errors_.error_exit = on_error;
  errors_.emit_message = on_message;
  errors_.output_message = on_output;
  info_.client_data = this;
  if (setjmp(escape_) != 0) return false;
  jpeg_create_decompress(&info_);
  progress_.progress_monitor = on_progress;
  info_.progress = &progress_;
  jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(encoded.data()), encoded.size());
  jpeg_save_markers(&info_, kExifMarker, kLongestSegment);
  jpeg_read_header(&info_, TRUE);
  return true;
}

std::span<const std::byte> JpegReader::first_app1() const {
  for (jpeg_saved_marker_ptr marker = info_.marker_list; marker != nullptr; marker = marker->next)
    if (marker->marker == kExifMarker)
      return {reinterpret_cast<const std::byte*>(marker->data), marker->data_length};
  return {};
}

int JpegReader::orientation() const {
  const std::span<const std::byte> app1 = first_app1();
  return app1.size() <= kExifIdentifierBytes ? 1 : exif_orientation(app1.subspan(kExifIdentifierBytes));
}

bool JpegReader::is_common() const {
  if (info_.progressive_mode || info_.arith_code || info_.data_precision != kBits) return false;
  if (info_.comps_in_scan != info_.num_components) return false;
  if (info_.jpeg_color_space == JCS_GRAYSCALE) return true;
  if (info_.jpeg_color_space != JCS_YCbCr) return false;
  const jpeg_component_info* of = info_.comp_info;
  for (int chroma = 1; chroma <= 2; ++chroma)
    if (of[chroma].h_samp_factor != 1 || of[chroma].v_samp_factor != 1) return false;
  return of[0].h_samp_factor <= 2 && of[0].v_samp_factor <= of[0].h_samp_factor;
}

std::span<const std::byte> JpegReader::first_scan() const {
  return {reinterpret_cast<const std::byte*>(info_.src->next_input_byte), info_.src->bytes_in_buffer};
}

std::uint64_t JpegReader::restart_markers() const {
  if (info_.restart_interval == 0) return 0;
  const auto blocks = [](JDIMENSION side, int factor) {
    const std::uint64_t unit = std::uint64_t{DCTSIZE} * static_cast<unsigned>(factor);
    return (side + unit - 1) / unit;
  };
  const bool alone = info_.comps_in_scan == 1;  // then a unit is a block, whatever the factors
  const std::uint64_t units = blocks(info_.image_width, alone ? 1 : info_.max_h_samp_factor) *
                              blocks(info_.image_height, alone ? 1 : info_.max_v_samp_factor);
  return (units - 1) / info_.restart_interval;
}

std::uint64_t JpegReader::least_bits() const {
  if (info_.arith_code) return 0;
  std::uint64_t fewest = UINT64_MAX;
  for (int i = 0; i < info_.num_components; ++i) {
    const jpeg_component_info& component = info_.comp_info[i];
    fewest = std::min(fewest, std::uint64_t{component.width_in_blocks} * component.height_in_blocks);
  }
  return fewest;
}

bool JpegReader::reduce(int times) {
  if (setjmp(escape_) != 0) return false;
  info_.scale_num = 1;
  info_.scale_denom = static_cast<unsigned>(times);
  jpeg_calc_output_dimensions(&info_);
  return true;
}

bool JpegReader::read_pixels(std::uint8_t* pixels) {
  if (setjmp(escape_) != 0) return false;
  const bool cmyk = info_.num_components == 4;
  info_.out_color_space = cmyk ? JCS_CMYK : JCS_EXT_BGR;
  jpeg_start_decompress(&info_);
  if (cmyk) {
    read_cmyk_rows(pixels);
  } else {
    constexpr unsigned kRowsAtOnce = 16;
    JSAMPROW rows[kRowsAtOnce];
    const std::size_t stride = std::size_t{info_.output_width} * 3;
    while (info_.output_scanline < info_.output_height) {
      const unsigned count = std::min(kRowsAtOnce, info_.output_height - info_.output_scanline);
      for (unsigned i = 0; i < count; ++i) rows[i] = pixels + (info_.output_scanline + i) * stride;
      jpeg_read_scanlines(&info_, rows, count);
    }
  }
  jpeg_finish_decompress(&info_);
  return true;
}

void JpegReader::read_cmyk_rows(std::uint8_t* pixels) {
  JSAMPARRAY row =
      info_.mem->alloc_sarray(reinterpret_cast<j_common_ptr>(&info_), JPOOL_IMAGE, info_.output_width * 4, 1);
  for (; info_.output_scanline < info_.output_height; pixels += std::size_t{info_.output_width} * 3) {
    jpeg_read_scanlines(&info_, row, 1);
    cmyk_row_to_bgr(row[0], info_.output_width, pixels);
  }
}

Error JpegReader::error() const {
  switch (code_) {
    case ErrorCode::input_truncated:
      return truncated_picture("JPEG", message_);
    case ErrorCode::input_corrupt:
      return corrupt_picture("JPEG", message_);
    case ErrorCode::input_unsupported:
      return unsupported_picture("JPEG", message_);
    default:
      return {code_, std::string("the JPEG picture cannot be decoded (") + message_ +
                         "); save it again as plain JPEG"};
  }
}

}  // namespace segfleet
