// SPDX-License-Identifier: Apache-2.0
// JPEGs decoded by NVIDIA's nvJPEG on the card that this process sees first. Its pixels are not
// libjpeg-turbo's: parity_gate.h says how far they may be away.
// Thread-safety: Nvjpeg from any thread, once it is open; a decoder one thread at a time.
#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "imaging/nvjpeg/cuda.h"
#include "imaging/nvjpeg/nvjpeg_api.h"
#include "segfleet/error.h"
#include "segfleet/image.h"

namespace segfleet {

// Where the library is looked for, in this order: by the loader, newest first, then in `folders`. 11 is not
// among them: it repeats chroma where libjpeg-turbo interpolates, and no gate would let it pass.
std::vector<std::filesystem::path> nvjpeg_libraries(const std::vector<std::filesystem::path>& folders);

// The first of `libraries` that can be opened, with its version: "nvJPEG 13.3.2 (libnvjpeg.so.13)". Needs no
// card. Errors: engine_unavailable, with the mend.
Result<std::string> find_nvjpeg(const std::vector<std::filesystem::path>& libraries);

class Nvjpeg {
 public:
  // The first of `libraries` that can be opened and starts. Errors: engine_unavailable, with the mend.
  static Result<std::unique_ptr<Nvjpeg>> open(const std::vector<std::filesystem::path>& libraries,
                                              const std::filesystem::path& driver = kCudaDriver);
  ~Nvjpeg();
  Nvjpeg(const Nvjpeg&) = delete;
  Nvjpeg& operator=(const Nvjpeg&) = delete;

  const std::string& version() const { return version_; }  // "13.3.2"
  const Cuda& cuda() const { return *cuda_; }
  const nvjpeg::Functions& call() const { return call_; }
  nvjpeg::Handle* handle() const { return handle_; }

 private:
  explicit Nvjpeg(std::unique_ptr<Cuda> cuda) : cuda_(std::move(cuda)) {}
  Status start(const std::filesystem::path& library);

  std::unique_ptr<Cuda> cuda_;
  nvjpeg::Functions call_;
  std::string version_;
  nvjpeg::Handle* handle_ = nullptr;
};

// A stream, and memory on the card and page-locked on the host for the largest picture so far; none before
// the first.
class NvjpegDecoder {
 public:
  explicit NvjpegDecoder(const Nvjpeg& nvjpeg)
      : nvjpeg_(nvjpeg),
        stream_(nvjpeg.cuda()),
        on_card_(nvjpeg.cuda(), CudaMemory::Where::card),
        on_host_(nvjpeg.cuda(), CudaMemory::Where::host) {}
  ~NvjpegDecoder();
  NvjpegDecoder(const NvjpegDecoder&) = delete;
  NvjpegDecoder& operator=(const NvjpegDecoder&) = delete;

  // Into `image`, as decode_image() would. False: the picture is the CPU's to decode or to refuse
  // (jpeg_for_card.h), or nvJPEG will not have it. Errors, after which the decoder is of no more use:
  // out_of_memory, of the card or the host; device_lost, after which the process is of no more use;
  // engine_error.
  Result<bool> decode(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image);

 private:
  Status open();
  Result<bool> decode_on_card(std::span<const std::byte> encoded, Size size);
  Error cannot_decode(nvjpeg::Return code) const;

  const Nvjpeg& nvjpeg_;
  CudaStream stream_;
  CudaMemory on_card_;
  CudaMemory on_host_;
  nvjpeg::State* state_ = nullptr;
};

}  // namespace segfleet
