// SPDX-License-Identifier: Apache-2.0
#include "imaging/nvjpeg/nvjpeg.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "imaging/decode/picture.h"
#include "imaging/nvjpeg/jpeg_for_card.h"
#include "imaging/nvjpeg/shared_library.h"

namespace segfleet {
namespace {

constexpr std::array kNames{"libnvjpeg.so.13", "libnvjpeg.so.12"};
constexpr const char* kMend =
    "`pip install nvidia-nvjpeg` (for CUDA 12: nvidia-nvjpeg-cu12) into the Python that hosts the engine, or "
    "name the library's folder in LD_LIBRARY_PATH; or use --decode cpu";
constexpr const char* kRoomMend =
    "leave more of the card to it by a smaller --batch or --memory-limit, or use --decode cpu";

bool interpolates(int major, int minor) {
  return major > 12 || (major == 12 && minor >= 1);
}

// What the file is to blame for: the CPU tells, or can read it.
bool is_the_files(nvjpeg::Return code) {
  return code == nvjpeg::kBadJpeg || code == nvjpeg::kJpegNotSupported ||
         code == nvjpeg::kImplementationNotSupported || code == nvjpeg::kIncompleteBitstream;
}

Error named(const Error& error) {
  const std::string mend = error.code == ErrorCode::out_of_memory ? fmt::format(": {}", kRoomMend) : "";
  return {error.code, fmt::format("--decode nvjpeg: {}{}", error.message, mend)};
}

}  // namespace

std::vector<std::filesystem::path> nvjpeg_libraries(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::filesystem::path> libraries(kNames.begin(), kNames.end());
  for (const std::filesystem::path& folder : folders)
    for (const char* name : kNames)
      if (std::error_code none; std::filesystem::exists(folder / name, none))
        libraries.push_back(folder / name);
  return libraries;
}

Result<std::unique_ptr<Nvjpeg>> Nvjpeg::open(const std::vector<std::filesystem::path>& libraries,
                                             const std::filesystem::path& driver) {
  Result<std::unique_ptr<Cuda>> cuda = Cuda::open(driver);
  if (!cuda.ok())
    return Error{cuda.error().code,
                 fmt::format("--decode nvjpeg: {}; mend the driver, or use --decode cpu", cuda.error().message)};
  std::unique_ptr<Nvjpeg> opened(new Nvjpeg(std::move(cuda).value()));
  std::string why;
  for (const std::filesystem::path& library : libraries) {
    const Status started = opened->start(library);
    if (started.ok()) return opened;
    why += (why.empty() ? "" : "; ") + started.error().message;
  }
  return Error{ErrorCode::engine_unavailable, fmt::format("--decode nvjpeg: {}: {}", why, kMend)};
}

Nvjpeg::~Nvjpeg() {
  if (handle_ != nullptr && cuda_->use().ok()) call_.destroy(handle_);
}

Status Nvjpeg::start(const std::filesystem::path& path) {
  const Result<void*> library = open_library(path);
  SEGFLEET_RETURN_IF_ERROR(library);
  Status status;
  const auto find = [&](const char* name, auto& function) {
    if (status.ok()) status = find_function(*library, path, name, function);
  };
  find("nvjpegGetProperty", call_.property);
  find("nvjpegCreateEx", call_.create);
  find("nvjpegDestroy", call_.destroy);
  find("nvjpegJpegStateCreate", call_.create_state);
  find("nvjpegJpegStateDestroy", call_.destroy_state);
  find("nvjpegDecode", call_.decode);
  SEGFLEET_RETURN_IF_ERROR(status);
  int major = 0;
  int minor = 0;
  int patch = 0;
  call_.property(nvjpeg::kMajorVersion, &major);
  call_.property(nvjpeg::kMinorVersion, &minor);
  call_.property(nvjpeg::kPatchLevel, &patch);
  version_ = fmt::format("{}.{}.{}", major, minor, patch);
  const unsigned upsampling = interpolates(major, minor) ? nvjpeg::kInterpolatedUpsampling : 0;
  const nvjpeg::Return code = call_.create(nvjpeg::kDefaultBackend, nullptr, nullptr,
                                           nvjpeg::kStrictBitstream | upsampling, &handle_);
  if (code == nvjpeg::kSuccess) return {};
  handle_ = nullptr;
  return Error{ErrorCode::engine_unavailable,
               fmt::format("nvJPEG {} of {} does not start (status {} of nvjpegCreateEx())", version_,
                           path.native(), code)};
}

NvjpegDecoder::~NvjpegDecoder() {
  if (state_ != nullptr && nvjpeg_.cuda().use().ok()) nvjpeg_.call().destroy_state(state_);
}

Status NvjpegDecoder::open() {
  if (state_ != nullptr) return {};
  SEGFLEET_RETURN_IF_ERROR(stream_.open());
  const nvjpeg::Return code = nvjpeg_.call().create_state(nvjpeg_.handle(), &state_);
  if (code != nvjpeg::kSuccess) return cannot_decode(code);
  return {};
}

Result<bool> NvjpegDecoder::decode(std::span<const std::byte> encoded, const DecodeLimits& limits,
                                   Image& image) {
  const std::optional<Size> size = size_for_card(encoded, limits);
  if (!size) return false;
  Result<bool> decoded = decode_on_card(encoded, *size);
  if (!decoded.ok()) return named(decoded.error());
  if (!*decoded) return false;
  resize_image(image, *size);
  std::memcpy(image.pixels.data(), on_host_.data(), image.pixels.size());
  return true;
}

Result<bool> NvjpegDecoder::decode_on_card(std::span<const std::byte> encoded, Size size) {
  const Cuda& cuda = nvjpeg_.cuda();
  const std::size_t row = static_cast<std::size_t>(size.width) * 3;
  const std::size_t bytes = row * static_cast<std::size_t>(size.height);
  SEGFLEET_RETURN_IF_ERROR(cuda.use());
  SEGFLEET_RETURN_IF_ERROR(open());
  SEGFLEET_RETURN_IF_ERROR(on_card_.reserve(bytes));
  SEGFLEET_RETURN_IF_ERROR(on_host_.reserve(bytes));
  nvjpeg::Image image;
  image.channel[0] = on_card_.data();
  image.pitch[0] = row;
  const nvjpeg::Return code = nvjpeg_.call().decode(
      nvjpeg_.handle(), state_, reinterpret_cast<const std::uint8_t*>(encoded.data()), encoded.size(),
      nvjpeg::kInterleavedBgr, &image, stream_.get());
  if (is_the_files(code)) {
    SEGFLEET_RETURN_IF_ERROR(stream_.wait());  // what it had begun
    return false;
  }
  if (code != nvjpeg::kSuccess) return cannot_decode(code);
  SEGFLEET_RETURN_IF_ERROR(cuda.check(
      cuda.call().copy_to_host(on_host_.data(), on_card_.data(), bytes, stream_.get()), "cuMemcpyDtoHAsync"));
  SEGFLEET_RETURN_IF_ERROR(stream_.wait());
  return true;
}

// What nvJPEG says of a card that failed is less than what the driver says.
Error NvjpegDecoder::cannot_decode(nvjpeg::Return code) const {
  if (const Status card = stream_.wait(); !card.ok()) return card.error();
  const bool room = code == nvjpeg::kAllocatorFailure;
  return {room ? ErrorCode::out_of_memory : ErrorCode::engine_error,
          fmt::format("nvJPEG {} {} (status {})", nvjpeg_.version(),
                      room ? "gets no memory for it" : "fails on it", code)};
}

}  // namespace segfleet
