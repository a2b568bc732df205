// SPDX-License-Identifier: Apache-2.0
// Stands for the driver's libcuda.so.1: its card's memory is the host's. Stricter than the real one: a copy
// is made when its stream is waited for and not before, and a thread without the context can do nothing.
// $STAND_IN_CUDA, read anew at each call: "FUNCTION CODE", such as "cuMemAlloc_v2 2": that call fails so.
// $STAND_IN_CUDA_ROOM: bytes that the card has; unset: more than is asked for.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "imaging/nvjpeg/cuda_api.h"

namespace segfleet::cuda {
struct Context {};
struct Stream {
  struct Copy {
    void* to;
    const void* of;
    std::size_t bytes;
  };
  std::vector<Copy> begun;
};
}  // namespace segfleet::cuda

namespace {

using segfleet::cuda::Context;
using segfleet::cuda::OnCard;
using segfleet::cuda::Return;
using segfleet::cuda::Stream;

constexpr Return kInvalidValue = 1;
constexpr Return kInvalidContext = 201;

std::mutex mutex;
std::map<void*, std::size_t> on_card;  // bytes by address
unsigned context_flags = 0;
int held = 0;  // memory, streams and contexts that were not given back
Context context;
thread_local bool has_context = false;

Return scripted(const std::string& function) {
  const char* script = std::getenv("STAND_IN_CUDA");
  std::istringstream words(script == nullptr ? "" : script);
  std::string name;
  Return code = 0;
  return words >> name >> code && name == function ? code : segfleet::cuda::kSuccess;
}

// Of what needs a context.
Return on_this_thread(const std::string& function) {
  const Return code = scripted(function);
  return code == segfleet::cuda::kSuccess && !has_context ? kInvalidContext : code;
}

std::size_t room() {
  const char* bytes = std::getenv("STAND_IN_CUDA_ROOM");
  return bytes == nullptr ? SIZE_MAX : std::strtoull(bytes, nullptr, 10);
}

}  // namespace

extern "C" {
// For tests: how much was taken and not given back.
int stand_in_cuda_held() {
  const std::lock_guard lock(mutex);
  return held;
}

int stand_in_cuda_context_flags() {
  return static_cast<int>(context_flags);
}

Return cuInit(unsigned /*flags*/) {
  return scripted("cuInit");
}
Return cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return scripted("cuDeviceGet");
}
Return cuDevicePrimaryCtxSetFlags_v2(int /*device*/, unsigned flags) {
  context_flags = flags;
  return scripted("cuDevicePrimaryCtxSetFlags_v2");
}
Return cuDevicePrimaryCtxRetain(Context** retained, int /*device*/) {
  if (const Return code = scripted("cuDevicePrimaryCtxRetain"); code != 0) return code;
  const std::lock_guard lock(mutex);
  ++held;
  *retained = &context;
  return segfleet::cuda::kSuccess;
}
Return cuDevicePrimaryCtxRelease_v2(int /*device*/) {
  const std::lock_guard lock(mutex);
  --held;
  return segfleet::cuda::kSuccess;
}
Return cuCtxSetCurrent(Context* current) {
  has_context = current == &context;
  return scripted("cuCtxSetCurrent");
}
Return cuStreamCreate(Stream** stream, unsigned flags) {
  if (const Return code = on_this_thread("cuStreamCreate"); code != 0) return code;
  if (flags != segfleet::cuda::kNonBlocking) return kInvalidValue;
  const std::lock_guard lock(mutex);
  ++held;
  *stream = new Stream;
  return segfleet::cuda::kSuccess;
}
Return cuStreamDestroy_v2(Stream* stream) {
  const std::lock_guard lock(mutex);
  --held;
  delete stream;
  return segfleet::cuda::kSuccess;
}
Return cuStreamSynchronize(Stream* stream) {
  const Return code = on_this_thread("cuStreamSynchronize");
  for (const Stream::Copy& copy : stream->begun)
    if (code == segfleet::cuda::kSuccess) std::memcpy(copy.to, copy.of, copy.bytes);
  stream->begun.clear();
  return code;
}
Return cuMemAlloc_v2(OnCard* address, std::size_t bytes) {
  if (const Return code = on_this_thread("cuMemAlloc_v2"); code != 0) return code;
  const std::lock_guard lock(mutex);
  std::size_t used = 0;
  for (const auto& [begin, size] : on_card) used += size;
  if (bytes > room() - std::min(room(), used)) return segfleet::cuda::kOutOfMemory;
  *address = std::malloc(bytes);
  on_card[*address] = bytes;
  ++held;
  return segfleet::cuda::kSuccess;
}
Return cuMemFree_v2(OnCard address) {
  if (const Return code = on_this_thread("cuMemFree_v2"); code != 0) return code;
  const std::lock_guard lock(mutex);
  if (on_card.erase(address) == 0) return kInvalidValue;
  std::free(address);
  --held;
  return segfleet::cuda::kSuccess;
}
Return cuMemHostAlloc(void** address, std::size_t bytes, unsigned flags) {
  if (const Return code = on_this_thread("cuMemHostAlloc"); code != 0) return code;
  if (flags != segfleet::cuda::kPortable) return kInvalidValue;
  const std::lock_guard lock(mutex);
  *address = std::malloc(bytes);
  ++held;
  return segfleet::cuda::kSuccess;
}
Return cuMemFreeHost(void* address) {
  const std::lock_guard lock(mutex);
  std::free(address);
  --held;
  return segfleet::cuda::kSuccess;
}
Return cuMemcpyDtoHAsync_v2(void* to, OnCard of, std::size_t bytes, Stream* stream) {
  if (const Return code = on_this_thread("cuMemcpyDtoHAsync_v2"); code != 0) return code;
  const std::lock_guard lock(mutex);
  const auto found = on_card.find(of);
  if (found == on_card.end() || bytes > found->second) return kInvalidValue;
  stream->begun.push_back({to, of, bytes});
  return segfleet::cuda::kSuccess;
}
Return cuGetErrorName(Return code, const char** text) {
  *text = code == segfleet::cuda::kOutOfMemory ? "CUDA_ERROR_OUT_OF_MEMORY"
          : code == 700                        ? "CUDA_ERROR_ILLEGAL_ADDRESS"
                                               : nullptr;
  return segfleet::cuda::kSuccess;
}
}
