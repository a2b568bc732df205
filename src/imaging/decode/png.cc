// SPDX-License-Identifier: Apache-2.0
// PNG, equal to OpenCV 4.8.1 with libpng 1.6: 16 bits are cut to 8, alpha and tRNS are dropped unblended,
// gamma and colour profiles are ignored, eXIf turns the picture.
#include <png.h>

#include <csetjmp>
#include <cstdlib>
#include <cstring>

#include "imaging/decode/byte_view.h"
#include "imaging/decode/codecs.h"
#include "imaging/decode/exif.h"
#include "imaging/decode/orient.h"
#include "imaging/decode/picture.h"

namespace segfleet {
namespace {

constexpr std::uint64_t kHeaderBytes = 33;  // signature, IHDR with its CRC
constexpr std::uint64_t kWidthAt = 16;
constexpr std::uint64_t kHeightAt = 20;
constexpr std::uint64_t kDepthAt = 24;
constexpr std::uint64_t kColourTypeAt = 25;
constexpr std::uint64_t kBestDeflateRatio = 1032;  // 258 bytes by two bits
constexpr png_alloc_size_t kLongestChunk = 8'000'000;
constexpr std::uint64_t kMostBytesAPixel = 16;    // in libpng's buffers of a row
constexpr std::uint64_t kSmallMemory = 1u << 20;  // bytes; zlib's state, tables
constexpr png_uint_32 kMostCachedChunks = 16;

// libpng leaves by longjmp: the members that call it, and its callbacks, hold no object with a destructor in
// their frames. One object decodes one picture.
class PngReader {
 public:
  PngReader(std::span<const std::byte> encoded, Size size)
      : encoded_(encoded),
        largest_allocation_(encoded.size() + kMostBytesAPixel * static_cast<unsigned>(size.width) +
                            kSmallMemory) {}
  ~PngReader() { png_destroy_read_struct(&png_, &info_, &end_info_); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  // False: see error(). The header's size must have been checked.
  bool read(Image& image);
  Error error() const;
  std::span<const std::byte> exif() const;

 private:
  static PngReader& of(png_structp png) { return *static_cast<PngReader*>(png_get_error_ptr(png)); }
  static void on_error(png_structp png, png_const_charp message);
  static void on_warning(png_structp png, png_const_charp message);
  static png_voidp on_malloc(png_structp png, png_alloc_size_t bytes);
  static void on_free(png_structp, png_voidp memory) { std::free(memory); }
  static void on_read(png_structp png, png_bytep to, png_size_t count);

  [[noreturn]] void fail(png_const_charp message);
  void open();
  void choose_conversions();
  void read_rows(Image& image);

  std::span<const std::byte> encoded_;
  std::uint64_t largest_allocation_;
  std::size_t at_ = 0;
  bool ran_out_ = false;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  png_infop end_info_ = nullptr;
  std::jmp_buf escape_{};
  char message_[96] = {};
};

void PngReader::fail(png_const_charp message) {
  std::strncpy(message_, message, sizeof message_ - 1);
  std::longjmp(escape_, 1);
}

void PngReader::on_error(png_structp png, png_const_charp message) {
  of(png).fail(message);
}

// Warnings are about chunks that do not change pixels, but for the check sum of the pixels' own stream.
void PngReader::on_warning(png_structp png, png_const_charp message) {
  if (std::strstr(message, "incorrect data check") != nullptr) of(png).fail(message);
}

// libpng believes a chunk's length before it has read the chunk; eXIf may claim two gigabytes.
png_voidp PngReader::on_malloc(png_structp png, png_alloc_size_t bytes) {
  const PngReader& reader = *static_cast<PngReader*>(png_get_mem_ptr(png));
  return bytes > reader.largest_allocation_ ? nullptr : std::malloc(bytes);
}

void PngReader::on_read(png_structp png, png_bytep to, png_size_t count) {
  PngReader& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
  if (count > reader.encoded_.size() - reader.at_) {
    reader.ran_out_ = true;
    reader.fail("the file's end is reached");
  }
  std::memcpy(to, reader.encoded_.data() + reader.at_, count);
  reader.at_ += count;
}

void PngReader::open() {
  png_ =
      png_create_read_struct_2(PNG_LIBPNG_VER_STRING, this, on_error, on_warning, this, on_malloc, on_free);
  if (png_ == nullptr) fail("libpng cannot start");
  info_ = png_create_info_struct(png_);
  end_info_ = png_create_info_struct(png_);
  if (info_ == nullptr || end_info_ == nullptr) fail("libpng cannot start");
  png_set_read_fn(png_, this, on_read);
  png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // checked already, by checked_size
  png_set_chunk_cache_max(png_, kMostCachedChunks);
  png_set_chunk_malloc_max(png_, kLongestChunk);
  // Texts and profiles are skipped unread: they may be zlib bombs, and no pixel depends on them.
  png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  constexpr png_byte kExifName[] = "eXIf";
  png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_AS_DEFAULT, kExifName, 1);
}

void PngReader::choose_conversions() {
  const png_byte colour_type = png_get_color_type(png_, info_);
  const png_byte depth = png_get_bit_depth(png_, info_);
  if (depth == 16) png_set_strip_16(png_);
  png_set_strip_alpha(png_);
  if (colour_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
  if ((colour_type & PNG_COLOR_MASK_COLOR) == 0) {
    if (depth < 8) png_set_expand_gray_1_2_4_to_8(png_);
    png_set_gray_to_rgb(png_);
  } else {
    png_set_bgr(png_);
  }
}

void PngReader::read_rows(Image& image) {
  const int passes = png_set_interlace_handling(png_);
  png_read_update_info(png_, info_);
  const std::size_t stride = row_bytes(image);
  if (png_get_rowbytes(png_, info_) != stride) fail("rows of an unexpected length");
  for (int pass = 0; pass < passes; ++pass)
    for (int y = 0; y < image.size.height; ++y)
      png_read_row(png_, image.pixels.data() + static_cast<std::size_t>(y) * stride, nullptr);
}

bool PngReader::read(Image& image) {
  if (setjmp(escape_) != 0) return false;
  open();
  png_read_info(png_, info_);
  choose_conversions();
  read_rows(image);
  png_read_end(png_, end_info_);
  return true;
}

std::span<const std::byte> PngReader::exif() const {
  png_uint_32 count = 0;
  png_bytep bytes = nullptr;
  if (png_get_eXIf_1(png_, info_, &count, &bytes) == 0) png_get_eXIf_1(png_, end_info_, &count, &bytes);
  return {reinterpret_cast<const std::byte*>(bytes), bytes == nullptr ? 0 : count};
}

Error PngReader::error() const {
  return ran_out_ ? truncated_picture("PNG", message_) : corrupt_picture("PNG", message_);
}

unsigned channels_of(std::uint8_t colour_type) {
  switch (colour_type) {
    case PNG_COLOR_TYPE_RGB:
      return 3;
    case PNG_COLOR_TYPE_RGB_ALPHA:
      return 4;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      return 2;
    default:
      return 1;
  }
}

}  // namespace

Status decode_png(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image) {
  const ByteView header(encoded, ByteOrder::big);
  if (!header.holds(0, kHeaderBytes)) return truncated_picture("PNG", "inside its header");
  const Result<Size> size = checked_size(header.u32(kWidthAt), header.u32(kHeightAt), limits);
  if (!size) return size.error();
  const std::uint64_t pixel_bits = std::uint64_t{header.u8(kDepthAt)} * channels_of(header.u8(kColourTypeAt));
  const std::uint64_t raw_bytes =
      static_cast<std::uint64_t>(size->width) * static_cast<unsigned>(size->height) * pixel_bits / 8;
  if (raw_bytes / kBestDeflateRatio > encoded.size())
    return truncated_picture("PNG", "too few bytes for its size");
  resize_image(image, *size);
  PngReader reader(encoded, *size);
  if (!reader.read(image)) return reader.error();
  apply_orientation(exif_orientation(reader.exif()), image);
  return {};
}

}  // namespace segfleet
