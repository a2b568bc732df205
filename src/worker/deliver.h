// SPDX-License-Identifier: Apache-2.0
// Labels that go back in memory instead of into files: into the region of the arena that waits for them, or,
// where the coordinator could not know their size, into memory of their own that travels with the outcome.
// Thread-safety: run() from any thread.
#pragma once
#include <cstddef>
#include <span>

#include "imaging/masks/restore.h"
#include "segfleet/error.h"
#include "worker/item.h"

namespace segfleet {

class Deliver {
 public:
  // The arena as this process has mapped it; it must outlive this.
  explicit Deliver(std::span<std::byte> arena) : arena_(arena) {}

  // Labels, and confidence where there is any. Errors: internal (a region of another size), out_of_memory.
  Status run(const RestoredPicture& restored, Item& item) const;

 private:
  std::span<std::byte> arena_;
};

// Part of the arena. Errors: protocol_error where it is not all inside.
Result<std::span<std::byte>> part_of_arena(std::span<std::byte> arena, std::uint64_t offset,
                                           std::uint64_t bytes);

}  // namespace segfleet
