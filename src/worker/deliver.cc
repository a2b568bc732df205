// SPDX-License-Identifier: Apache-2.0
#include "worker/deliver.h"

#include <fmt/format.h>

#include <cstring>
#include <vector>

#include "transport/shared_memory.h"

namespace segfleet {
namespace {

std::size_t copy(const std::vector<std::uint8_t>& values, std::byte* place) {
  std::memcpy(place, values.data(), values.size());
  return values.size();
}

Status attach(const RestoredPicture& restored, Item& item) {
  Result<SharedMemory> memory =
      SharedMemory::create(restored.labels.labels.size() + restored.confidence.levels.size());
  SEGFLEET_RETURN_IF_ERROR(memory);
  const std::size_t labels_bytes = copy(restored.labels.labels, memory->bytes().data());
  copy(restored.confidence.levels, memory->bytes().data() + labels_bytes);
  item.attached = memory->take_fd();
  return {};
}

}  // namespace

Result<std::span<std::byte>> part_of_arena(std::span<std::byte> arena, std::uint64_t offset,
                                           std::uint64_t bytes) {
  if (offset <= arena.size() && bytes <= arena.size() - offset) return arena.subspan(offset, bytes);
  return Error{ErrorCode::protocol_error, fmt::format("{} bytes at {} are not inside the arena of {} bytes",
                                                      bytes, offset, arena.size())};
}

Status Deliver::run(const RestoredPicture& restored, Item& item) const {
  const std::vector<std::uint8_t>& labels = restored.labels.labels;
  item.outcome.labels = restored.labels.size;
  if (!item.leased.picture || item.leased.picture->labels_bytes == 0) return attach(restored, item);
  const ArenaPicture& picture = *item.leased.picture;
  if (picture.labels_bytes != labels.size())
    return Error{ErrorCode::internal, fmt::format("a region of {} bytes waits for {} labels",
                                                  picture.labels_bytes, labels.size())};
  const Result<std::span<std::byte>> place = part_of_arena(arena_, picture.labels_offset, labels.size());
  SEGFLEET_RETURN_IF_ERROR(place);
  copy(labels, place->data());
  const std::vector<std::uint8_t>& confidence = restored.confidence.levels;
  if (confidence.empty()) return {};
  const Result<std::span<std::byte>> beside =
      part_of_arena(arena_, picture.confidence_offset, confidence.size());
  SEGFLEET_RETURN_IF_ERROR(beside);
  copy(confidence, beside->data());
  return {};
}

}  // namespace segfleet
