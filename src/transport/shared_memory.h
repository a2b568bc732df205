// SPDX-License-Identifier: Apache-2.0
// Memory without a name that several processes map: the data plane beside the channel. The kernel frees it
// with its last descriptor and mapping, whoever died. Thread-safety: constant once made; what lies in it is
// the business of those who share it.
#pragma once
#include <cstddef>
#include <span>

#include "base/unique_fd.h"
#include "segfleet/error.h"

namespace segfleet {

class SharedMemory {
 public:
  SharedMemory() = default;
  // Zeroed; pages are taken only when they are first touched. Errors: out_of_memory, io_error.
  static Result<SharedMemory> create(std::size_t bytes);
  // Maps what another process made, whole. Errors: protocol_error where it is no such memory or is empty.
  static Result<SharedMemory> map(UniqueFd fd);
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  std::span<std::byte> bytes() const { return bytes_; }
  int fd() const { return fd_.get(); }
  void close_fd() { fd_.reset(); }  // the mapping stays

 private:
  SharedMemory(UniqueFd fd, std::span<std::byte> bytes) : fd_(std::move(fd)), bytes_(bytes) {}

  UniqueFd fd_;
  std::span<std::byte> bytes_;
};

}  // namespace segfleet
