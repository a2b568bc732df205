// SPDX-License-Identifier: Apache-2.0
#include "imaging/nvjpeg/cuda.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "imaging/nvjpeg/shared_library.h"

namespace segfleet {
namespace {

// Every later call on the card fails as well: CUDA says of these that the process must be started anew.
constexpr std::array kSticky{226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911};

Result<cuda::Functions> functions_of(const std::filesystem::path& path) {
  const Result<void*> library = open_library(path);
  SEGFLEET_RETURN_IF_ERROR(library);
  cuda::Functions found;
  Status status;
  const auto find = [&](const char* name, auto& function) {
    if (status.ok()) status = find_function(*library, path, name, function);
  };
  find("cuInit", found.init);
  find("cuDeviceGet", found.device);
  find("cuDevicePrimaryCtxSetFlags_v2", found.set_context_flags);
  find("cuDevicePrimaryCtxRetain", found.retain_context);
  find("cuDevicePrimaryCtxRelease_v2", found.release_context);
  find("cuCtxSetCurrent", found.set_context);
  find("cuStreamCreate", found.create_stream);
  find("cuStreamDestroy_v2", found.destroy_stream);
  find("cuStreamSynchronize", found.wait_for_stream);
  find("cuMemAlloc_v2", found.allocate);
  find("cuMemFree_v2", found.free);
  find("cuMemHostAlloc", found.allocate_host);
  find("cuMemFreeHost", found.free_host);
  find("cuMemcpyDtoHAsync_v2", found.copy_to_host);
  find("cuGetErrorName", found.error_name);
  SEGFLEET_RETURN_IF_ERROR(status);
  return found;
}

// What cannot start is as good as not there.
Status at_start(Status status) {
  if (status.ok()) return status;
  return Error{ErrorCode::engine_unavailable, "the NVIDIA driver cannot start: " + status.error().message};
}

}  // namespace

Result<std::unique_ptr<Cuda>> Cuda::open(const std::filesystem::path& driver) {
  const Result<cuda::Functions> functions = functions_of(driver);
  SEGFLEET_RETURN_IF_ERROR(functions);
  std::unique_ptr<Cuda> opened(new Cuda(*functions));
  const cuda::Functions& call = opened->call_;
  SEGFLEET_RETURN_IF_ERROR(at_start(opened->check(call.init(0), "cuInit")));
  SEGFLEET_RETURN_IF_ERROR(at_start(opened->check(call.device(&opened->device_, 0), "cuDeviceGet")));
  // Else they spin: on an H100 eight threads took 8.7 ms of a core for each picture, and 0.5 ms since. Where
  // an engine has made the context already, it stays as it is.
  (void)call.set_context_flags(opened->device_, cuda::kBlockingSync);
  SEGFLEET_RETURN_IF_ERROR(at_start(
      opened->check(call.retain_context(&opened->context_, opened->device_), "cuDevicePrimaryCtxRetain")));
  SEGFLEET_RETURN_IF_ERROR(opened->use());
  return opened;
}

Cuda::~Cuda() {
  if (context_ != nullptr) call_.release_context(device_);
}

Status Cuda::use() const {
  return check(call_.set_context(context_), "cuCtxSetCurrent");
}

Status Cuda::check(cuda::Return code, std::string_view name) const {
  if (code == cuda::kSuccess) return {};
  const char* text = nullptr;
  call_.error_name(code, &text);
  const std::string message =
      fmt::format("CUDA failure {}: {} in {}()", code, text == nullptr ? "unknown" : text, name);
  if (code == cuda::kOutOfMemory) return Error{ErrorCode::out_of_memory, message};
  const bool sticky = std::ranges::find(kSticky, code) != kSticky.end();
  return Error{sticky ? ErrorCode::device_lost : ErrorCode::engine_error, message};
}

CudaStream::~CudaStream() {
  if (stream_ != nullptr && cuda_.use().ok()) cuda_.call().destroy_stream(stream_);
}

Status CudaStream::open() {
  return cuda_.check(cuda_.call().create_stream(&stream_, cuda::kNonBlocking), "cuStreamCreate");
}

Status CudaStream::wait() const {
  return cuda_.check(cuda_.call().wait_for_stream(stream_), "cuStreamSynchronize");
}

Status CudaMemory::reserve(std::size_t bytes) {
  if (bytes <= bytes_) return {};
  release();  // before: old and new never exist together
  const cuda::Functions& call = cuda_.call();
  if (where_ == Where::card)
    SEGFLEET_RETURN_IF_ERROR(cuda_.check(call.allocate(&address_, bytes), "cuMemAlloc"));
  else
    SEGFLEET_RETURN_IF_ERROR(
        cuda_.check(call.allocate_host(&address_, bytes, cuda::kPortable), "cuMemHostAlloc"));
  bytes_ = bytes;
  return {};
}

void CudaMemory::release() {
  if (bytes_ == 0 || !cuda_.use().ok()) return;
  where_ == Where::card ? cuda_.call().free(address_) : cuda_.call().free_host(address_);
  bytes_ = 0;
}

}  // namespace segfleet
