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

struct Library {
  nvjpeg::Functions call;
  int major = 0;
  int minor = 0;
  int patch = 0;

  std::string version() const { return fmt::format("{}.{}.{}", major, minor, patch); }
  bool interpolates() const { return major > 12 || (major == 12 && minor >= 1); }
};

Result<Library> load(const std::filesystem::path& path) {
  const Result<void*> opened = open_library(path);
  SEGFLEET_RETURN_IF_ERROR(opened);
  Library library;
  nvjpeg::Functions& call = library.call;
  Status status;
  const auto find = [&](const char* name, auto& function) {
    if (status.ok()) status = find_function(*opened, path, name, function);
  };
  find("nvjpegGetProperty", call.property);
  find("nvjpegCreateEx", call.create);
  find("nvjpegDestroy", call.destroy);
  find("nvjpegJpegStateCreate", call.create_state);
  find("nvjpegJpegStateDestroy", call.destroy_state);
  find("nvjpegDecode", call.decode);
  SEGFLEET_RETURN_IF_ERROR(status);
  call.property(nvjpeg::kMajorVersion, &library.major);
  call.property(nvjpeg::kMinorVersion, &library.minor);
  call.property(nvjpeg::kPatchLevel, &library.patch);
  return library;
}

// The first that `use` can use. `use`: from a path to a Status.
template <typename Use>
Status first_of(const std::vector<std::filesystem::path>& libraries, const Use& use) {
  std::string why;
  for (const std::filesystem::path& library : libraries) {
    const Status used = use(library);
    if (used.ok()) return {};
    why += (why.empty() ? "" : "; ") + used.error().message;
  }
  return Error{ErrorCode::engine_unavailable, fmt::format("--decode nvjpeg: {}: {}", why, kMend)};
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

Result<std::string> find_nvjpeg(const std::vector<std::filesystem::path>& libraries) {
  std::string found;
  const Status opened = first_of(libraries, [&](const std::filesystem::path& path) -> Status {
    const Result<Library> library = load(path);
    SEGFLEET_RETURN_IF_ERROR(library);
    found = fmt::format("nvJPEG {} ({})", library->version(), path.native());
    return {};
  });
  if (!opened.ok()) return opened.error();
  return found;
}

Result<std::unique_ptr<Nvjpeg>> Nvjpeg::open(const std::vector<std::filesystem::path>& libraries,
                                             const std::filesystem::path& driver) {
  Result<std::unique_ptr<Cuda>> cuda = Cuda::open(driver);
  if (!cuda.ok())
    return Error{cuda.error().code, fmt::format("--decode nvjpeg: {}; mend the driver, or use --decode cpu",
                                                cuda.error().message)};
  std::unique_ptr<Nvjpeg> opened(new Nvjpeg(std::move(cuda).value()));
  SEGFLEET_RETURN_IF_ERROR(
      first_of(libraries, [&](const std::filesystem::path& path) { return opened->start(path); }));
  return opened;
}

Nvjpeg::~Nvjpeg() {
  if (handle_ != nullptr && cuda_->use().ok()) call_.destroy(handle_);
}

Status Nvjpeg::start(const std::filesystem::path& path) {
  const Result<Library> library = load(path);
  SEGFLEET_RETURN_IF_ERROR(library);
  call_ = library->call;
  version_ = library->version();
  const unsigned upsampling = library->interpolates() ? nvjpeg::kInterpolatedUpsampling : 0;
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
  const nvjpeg::Return code =
      nvjpeg_.call().decode(nvjpeg_.handle(), state_, reinterpret_cast<const std::uint8_t*>(encoded.data()),
                            encoded.size(), nvjpeg::kInterleavedBgr, &image, stream_.get());
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
