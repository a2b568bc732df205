// SPDX-License-Identifier: Apache-2.0
// A TIFF in memory, opened by libtiff with bounded allocations and with its complaints kept instead of
// printed. Thread-safety: one object per thread; libtiff's process-wide handlers are not touched.
#pragma once
#include <tiffio.h>

#include <array>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <span>

namespace segfleet {

class TiffSource {
 public:
  // `encoded` must outlive the object. `largest_allocation` in bytes is for each of libtiff's allocations.
  TiffSource(std::span<const std::byte> encoded, std::uint64_t largest_allocation);
  ~TiffSource();
  TiffSource(const TiffSource&) = delete;
  TiffSource& operator=(const TiffSource&) = delete;

  TIFF* get() const { return tiff_; }  // null when the file could not be opened
  void forget_complaint() { complaint_[0] = '\0'; }
  // Whether libtiff reported an error, or a pixel codec warned that data was lost or wrong.
  bool complained() const { return complaint_[0] != '\0'; }
  const char* complaint() const { return complained() ? complaint_.data() : "libtiff cannot read it"; }

 private:
  static TiffSource& of(void* handle) { return *static_cast<TiffSource*>(handle); }
  static tmsize_t on_read(thandle_t handle, void* to, tmsize_t count);
  static tmsize_t on_write(thandle_t, void*, tmsize_t) { return 0; }
  static toff_t on_seek(thandle_t handle, toff_t offset, int whence);
  static int on_close(thandle_t) { return 0; }
  static toff_t on_size(thandle_t handle) { return of(handle).encoded_.size(); }
  static int on_map(thandle_t handle, void** base, toff_t* size);
  static void on_unmap(thandle_t, void*, toff_t) {}
  static int on_error(TIFF*, void* source, const char* module, const char* format, std::va_list arguments);
  static int on_warning(TIFF*, void* source, const char* module, const char* format, std::va_list arguments);

  void note(const char* format, std::va_list arguments);

  std::span<const std::byte> encoded_;
  toff_t at_ = 0;
  std::array<char, 200> complaint_{};
  TIFF* tiff_ = nullptr;
};

}  // namespace segfleet
