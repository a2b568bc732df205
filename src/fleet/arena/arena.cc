// SPDX-License-Identifier: Apache-2.0
#include "fleet/arena/arena.h"

#include <fmt/format.h>

namespace segfleet {
namespace {

// Regions begin on whole pages: two workers never write to one cache line, and vectors are aligned.
constexpr std::size_t kPageBytes = 4096;

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

}  // namespace

Region::~Region() {
  arena_->give_back(offset_, bytes_);
}

std::span<std::byte> Region::bytes() const {
  return arena_->memory_.bytes().subspan(offset_, bytes_);
}

Result<std::shared_ptr<Arena>> Arena::create(std::size_t bytes) {
  Result<SharedMemory> memory = SharedMemory::create(whole_pages(bytes));
  SEGFLEET_RETURN_IF_ERROR(memory);
  return std::shared_ptr<Arena>(new Arena(std::move(memory).value()));
}

Arena::Arena(SharedMemory memory) : memory_(std::move(memory)), free_{{0, memory_.bytes().size()}} {}

Result<std::shared_ptr<Region>> Arena::allocate(std::size_t bytes) {
  if (bytes == 0 || whole_pages(bytes) > size_bytes())
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("{} bytes do not fit into the fleet's {} bytes of shared memory: raise arena_bytes, or "
                    "give fewer pictures at once",
                    bytes, size_bytes())};
  const MutexLock lock(mutex_);
  while (!closed_) {
    if (const std::optional<std::size_t> offset = take(whole_pages(bytes)))
      return std::make_shared<Region>(shared_from_this(), *offset, bytes);
    room_.wait(mutex_);
  }
  return Error{ErrorCode::interrupted, "the fleet was closed while a picture waited for room"};
}

// First fit: low pages are used again and again, high ones perhaps never touched.
std::optional<std::size_t> Arena::take(std::size_t bytes) {
  for (auto hole = free_.begin(); hole != free_.end(); ++hole) {
    const auto [offset, free_bytes] = *hole;
    if (free_bytes < bytes) continue;
    free_.erase(hole);
    if (free_bytes > bytes) free_.emplace(offset + bytes, free_bytes - bytes);
    return offset;
  }
  return std::nullopt;
}

void Arena::give_back(std::size_t offset, std::size_t bytes) {
  bytes = whole_pages(bytes);
  const MutexLock lock(mutex_);
  auto next = free_.lower_bound(offset);
  if (next != free_.end() && next->first == offset + bytes) {
    bytes += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == offset) {
      offset = before->first;
      bytes += before->second;
      free_.erase(before);
    }
  }
  free_.emplace(offset, bytes);
  room_.notify_all();
}

void Arena::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  room_.notify_all();
}

std::size_t Arena::free_bytes() const {
  const MutexLock lock(mutex_);
  std::size_t sum = 0;
  for (const auto& [offset, bytes] : free_) sum += bytes;
  return sum;
}

}  // namespace segfleet
