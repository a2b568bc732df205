// SPDX-License-Identifier: Apache-2.0
// Shared memory cut into regions: pictures on their way to workers, and the labels that come back. This
// process alone hands regions out, so nothing in the memory itself can be broken by a worker; a region of a
// dead worker is simply given back. Regions instead of slots of one size: pictures of one job differ a
// hundredfold. Thread-safety: every method from any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "segfleet/error.h"
#include "transport/shared_memory.h"

namespace segfleet {

class Arena;

struct RegionPart {
  std::size_t bytes;
  bool passing;  // it surely goes back: a picture on its way; else it is kept for as long as its owner likes
};

// Goes back to its arena with its last owner; keeps the arena's memory alive.
class Region {
 public:
  Region(std::shared_ptr<Arena> arena, std::size_t offset, RegionPart part)
      : arena_(std::move(arena)), offset_(offset), part_(part) {}
  ~Region();
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  std::size_t offset() const { return offset_; }
  std::span<std::byte> bytes() const;

 private:
  std::shared_ptr<Arena> arena_;
  std::size_t offset_;
  RegionPart part_;
};

class Arena : public std::enable_shared_from_this<Arena> {
 public:
  // Errors: out_of_memory.
  static Result<std::shared_ptr<Arena>> create(std::size_t bytes);

  // One region for each of `parts`, all or none. Waits while there is no room and some passing region is out.
  // Errors: invalid_argument where they could never fit together; out_of_memory where all that is out is
  // kept, so that no room need ever come;
  // interrupted after close(). Where `full` is given, it does not wait: *full is true then, the result empty.
  Result<std::vector<std::shared_ptr<Region>>> allocate(const std::vector<RegionPart>& parts,
                                                        bool* full = nullptr) SEGFLEET_EXCLUDES(mutex_);
  void close() SEGFLEET_EXCLUDES(mutex_);  // wakes those that wait

  int fd() const { return memory_.fd(); }
  std::size_t size_bytes() const { return memory_.bytes().size(); }
  std::size_t free_bytes() const SEGFLEET_EXCLUDES(mutex_);

 private:
  friend class Region;
  explicit Arena(SharedMemory memory);
  std::optional<std::size_t> take(std::size_t bytes) SEGFLEET_REQUIRES(mutex_);
  std::vector<std::size_t> take_all(const std::vector<RegionPart>& parts) SEGFLEET_REQUIRES(mutex_);
  void put_back(std::size_t offset, std::size_t bytes) SEGFLEET_REQUIRES(mutex_);
  void give_back(std::size_t offset, const RegionPart& part) SEGFLEET_EXCLUDES(mutex_);

  SharedMemory memory_;
  mutable Mutex mutex_;
  Condition room_;
  std::map<std::size_t, std::size_t> free_
      SEGFLEET_GUARDED_BY(mutex_);                       // offset → bytes; never two that touch
  std::size_t passing_ SEGFLEET_GUARDED_BY(mutex_) = 0;  // regions that are out
  bool closed_ SEGFLEET_GUARDED_BY(mutex_) = false;
};

}  // namespace segfleet
