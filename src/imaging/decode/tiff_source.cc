// SPDX-License-Identifier: Apache-2.0
#include "imaging/decode/tiff_source.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace segfleet {
namespace {

struct FreeOptions {
  void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};

}  // namespace

TiffSource::TiffSource(std::span<const std::byte> encoded, std::uint64_t largest_allocation)
    : encoded_(encoded) {
  const std::unique_ptr<TIFFOpenOptions, FreeOptions> options(TIFFOpenOptionsAlloc());
  if (options == nullptr) throw std::bad_alloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, this);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, this);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(largest_allocation));
  tiff_ = TIFFClientOpenExt("TIFF", "r", this, on_read, on_write, on_seek, on_close, on_size, on_map,
                            on_unmap, options.get());
}

TiffSource::~TiffSource() {
  if (tiff_ != nullptr) TIFFClose(tiff_);
}

tmsize_t TiffSource::on_read(thandle_t handle, void* to, tmsize_t count) {
  TiffSource& source = of(handle);
  const toff_t left = source.encoded_.size() - std::min<toff_t>(source.at_, source.encoded_.size());
  const toff_t taken = std::min(left, static_cast<toff_t>(count));
  if (taken > 0) std::memcpy(to, source.encoded_.data() + source.at_, taken);
  source.at_ += taken;
  return static_cast<tmsize_t>(taken);
}

toff_t TiffSource::on_seek(thandle_t handle, toff_t offset, int whence) {
  TiffSource& source = of(handle);
  const toff_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source.at_ : source.encoded_.size();
  return source.at_ = base + offset;
}

int TiffSource::on_map(thandle_t handle, void** base, toff_t* size) {
  const std::span<const std::byte> encoded = of(handle).encoded_;
  *base = const_cast<std::byte*>(encoded.data());  // only read: the mode is "r"
  *size = encoded.size();
  return 1;
}

void TiffSource::note(const char* format, std::va_list arguments) {
  if (!complained()) std::vsnprintf(complaint_.data(), complaint_.size(), format, arguments);
}

int TiffSource::on_error(TIFF*, void* source, const char*, const char* format, std::va_list arguments) {
  of(source).note(format, arguments);
  return 1;
}

// Most warnings are about odd tags. Those of the pixel codecs mean that pixels were lost.
int TiffSource::on_warning(TIFF*, void* source, const char* module, const char* format,
                           std::va_list arguments) {
  constexpr std::array kCodecs = {"JPEGLib", "Fax", "PackBits", "LZW", "ZIP"};
  const std::string_view name = module == nullptr ? "" : module;
  if (std::ranges::any_of(kCodecs, [&](const char* codec) { return name.starts_with(codec); }))
    of(source).note(format, arguments);
  return 1;
}

}  // namespace segfleet
