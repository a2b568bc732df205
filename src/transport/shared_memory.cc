// SPDX-License-Identifier: Apache-2.0
#include "transport/shared_memory.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/errno_error.h"

namespace segfleet {
namespace {

Result<std::span<std::byte>> map_whole(int fd, std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED)
    return Error{ErrorCode::out_of_memory, fmt::format("cannot map {} bytes of shared memory", bytes)};
  return std::span(static_cast<std::byte*>(memory), bytes);
}

}  // namespace

Result<SharedMemory> SharedMemory::create(std::size_t bytes) {
  UniqueFd fd(::memfd_create("segfleet", MFD_CLOEXEC));
  if (!fd) return errno_error(errno, "cannot make shared memory");
  if (::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0)
    return errno_error(errno, fmt::format("cannot make {} bytes of shared memory", bytes));
  const Result<std::span<std::byte>> mapped = map_whole(fd.get(), bytes);
  SEGFLEET_RETURN_IF_ERROR(mapped);
  return SharedMemory(std::move(fd), *mapped);
}

Result<SharedMemory> SharedMemory::map(UniqueFd fd) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || status.st_size <= 0)
    return Error{ErrorCode::protocol_error, "the peer's shared memory is not there, or is empty"};
  const Result<std::span<std::byte>> mapped = map_whole(fd.get(), static_cast<std::size_t>(status.st_size));
  SEGFLEET_RETURN_IF_ERROR(mapped);
  return SharedMemory(std::move(fd), *mapped);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)), bytes_(std::exchange(other.bytes_, {})) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace segfleet
