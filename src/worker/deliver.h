// SPDX-License-Identifier: Apache-2.0
// Labels that go back in memory instead of into files: restored where they are read, in the region of the
// arena that waits for them, or, where the coordinator could not know their size, in memory of their own that
// travels with the outcome. Thread-safety: run() from any thread.
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

  // Labels, and confidence where it is asked for. What a failure leaves in the region is not to be read.
  // Errors: those of restore_picture(); internal (a region of another size), out_of_memory.
  Status run(const TensorView& output, const Trace& trace, const RestoreOptions& options, Item& item) const;

 private:
  Result<RestorePlaces> places(const ArenaPicture& picture, std::size_t pixels, bool confidence) const;

  std::span<std::byte> arena_;
};

// Part of the arena. Errors: protocol_error where it is not all inside.
Result<std::span<std::byte>> part_of_arena(std::span<std::byte> arena, std::uint64_t offset,
                                           std::uint64_t bytes);

}  // namespace segfleet
