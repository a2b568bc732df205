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
  arena_->give_back(offset_, part_);
}

std::span<std::byte> Region::bytes() const {
  return arena_->memory_.bytes().subspan(offset_, part_.bytes);
}

Result<std::shared_ptr<Arena>> Arena::create(std::size_t bytes) {
  Result<SharedMemory> memory = SharedMemory::create(whole_pages(bytes));
  SEGFLEET_RETURN_IF_ERROR(memory);
  return std::shared_ptr<Arena>(new Arena(std::move(memory).value()));
}

Arena::Arena(SharedMemory memory) : memory_(std::move(memory)), free_{{0, memory_.bytes().size()}} {}

Result<std::vector<std::shared_ptr<Region>>> Arena::allocate(const std::vector<RegionPart>& parts,
                                                             bool* full) {
  if (full != nullptr) *full = false;
  std::size_t together = 0;
  for (const RegionPart& part : parts) together += whole_pages(part.bytes);
  if (together > size_bytes())
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("{} bytes do not fit into the fleet's {} bytes of shared memory: raise arena_bytes, or "
                    "give fewer pictures at once",
                    together, size_bytes())};
  const MutexLock lock(mutex_);
  while (!closed_) {
    const std::vector<std::size_t> offsets = take_all(parts);
    if (!offsets.empty()) {
      std::vector<std::shared_ptr<Region>> regions;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        regions.push_back(std::make_shared<Region>(shared_from_this(), offsets[i], parts[i]));
        passing_ += parts[i].passing ? 1 : 0;
      }
      return regions;
    }
    if (passing_ == 0)
      return Error{
          ErrorCode::out_of_memory,
          fmt::format("the fleet's {} bytes of shared memory are held by results: let go of some (or copy "
                      "them), or raise arena_bytes",
                      size_bytes())};
    if (full != nullptr) {
      *full = true;
      return std::vector<std::shared_ptr<Region>>();
    }
    room_.wait(mutex_);
  }
  return Error{ErrorCode::interrupted, "the fleet was closed while a picture waited for room"};
}

// Offsets, or nothing where not all of them fit.
std::vector<std::size_t> Arena::take_all(const std::vector<RegionPart>& parts) {
  std::vector<std::size_t> offsets;
  for (const RegionPart& part : parts) {
    const std::optional<std::size_t> offset = take(whole_pages(part.bytes));
    if (!offset) {
      for (std::size_t i = 0; i < offsets.size(); ++i) put_back(offsets[i], whole_pages(parts[i].bytes));
      return {};
    }
    offsets.push_back(*offset);
  }
  return offsets;
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

void Arena::give_back(std::size_t offset, const RegionPart& part) {
  const MutexLock lock(mutex_);
  put_back(offset, whole_pages(part.bytes));
  passing_ -= part.passing ? 1 : 0;
  room_.notify_all();
}

void Arena::put_back(std::size_t offset, std::size_t bytes) {
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
