// SPDX-License-Identifier: Apache-2.0
// The card that this process sees first, by its driver: a context, which CUDA's runtime library uses as well,
// and in it streams and memory. Errors of every call: out_of_memory; device_lost, after which the process is
// of no more use; engine_error. Thread-safety: Cuda from any thread that has called use(); the others one
// thread at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "imaging/nvjpeg/cuda_api.h"
#include "segfleet/error.h"

namespace segfleet {

inline constexpr const char* kCudaDriver = "libcuda.so.1";

class Cuda {
 public:
  // Makes the context where the process has none yet. Errors: also engine_unavailable where the driver is
  // missing, lacks a function or cannot start.
  static Result<std::unique_ptr<Cuda>> open(const std::filesystem::path& driver = kCudaDriver);
  ~Cuda();
  Cuda(const Cuda&) = delete;
  Cuda& operator=(const Cuda&) = delete;

  // For the calling thread, before it does anything on the card.
  Status use() const;
  // What a call's answer means. `name`: as the driver calls it, for messages.
  Status check(cuda::Return code, std::string_view name) const;
  const cuda::Functions& call() const { return call_; }

 private:
  explicit Cuda(const cuda::Functions& functions) : call_(functions) {}

  cuda::Functions call_;
  cuda::Device device_ = 0;
  cuda::Context* context_ = nullptr;
};

class CudaStream {
 public:
  explicit CudaStream(const Cuda& cuda) : cuda_(cuda) {}
  ~CudaStream();
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;

  Status open();
  // Until all that was begun in it is done.
  Status wait() const;
  cuda::Stream* get() const { return stream_; }

 private:
  const Cuda& cuda_;
  cuda::Stream* stream_ = nullptr;
};

// Grows as it is asked for and never shrinks.
class CudaMemory {
 public:
  enum class Where { card, host };  // on the host: page-locked

  CudaMemory(const Cuda& cuda, Where where) : cuda_(cuda), where_(where) {}
  ~CudaMemory() { release(); }
  CudaMemory(const CudaMemory&) = delete;
  CudaMemory& operator=(const CudaMemory&) = delete;

  // At least so many bytes; what was in it is lost where it grows.
  Status reserve(std::size_t bytes);
  // No address of this process where it is on the card.
  std::uint8_t* data() const { return static_cast<std::uint8_t*>(address_); }

 private:
  void release();

  const Cuda& cuda_;
  const Where where_;
  void* address_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace segfleet
