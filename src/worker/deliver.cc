// SPDX-License-Identifier: Apache-2.0
#include "worker/deliver.h"

#include <fmt/format.h>

#include "transport/shared_memory.h"

namespace segfleet {
namespace {

RestorePlaces places_at(std::byte* labels, std::byte* confidence) {
  return {reinterpret_cast<std::uint8_t*>(labels), reinterpret_cast<std::uint8_t*>(confidence)};
}

}  // namespace

Result<std::span<std::byte>> part_of_arena(std::span<std::byte> arena, std::uint64_t offset,
                                           std::uint64_t bytes) {
  if (offset <= arena.size() && bytes <= arena.size() - offset) return arena.subspan(offset, bytes);
  return Error{ErrorCode::protocol_error, fmt::format("{} bytes at {} are not inside the arena of {} bytes",
                                                      bytes, offset, arena.size())};
}

Status Deliver::run(const TensorView& output, const Trace& trace, const RestoreOptions& options,
                    Item& item) const {
  const Result<Size> size = restored_size(output, trace);
  SEGFLEET_RETURN_IF_ERROR(size);
  item.outcome.labels = *size;
  const std::size_t pixels = static_cast<std::size_t>(size->width) * static_cast<std::size_t>(size->height);
  if (item.leased.picture && item.leased.picture->labels_bytes > 0) {
    const Result<RestorePlaces> waiting = places(*item.leased.picture, pixels, options.confidence);
    SEGFLEET_RETURN_IF_ERROR(waiting);
    return restore_in_place(output, trace, options, *waiting);
  }
  Result<SharedMemory> memory = SharedMemory::create(options.confidence ? 2 * pixels : pixels);
  SEGFLEET_RETURN_IF_ERROR(memory);
  std::byte* labels = memory->bytes().data();
  SEGFLEET_RETURN_IF_ERROR(restore_in_place(output, trace, options, places_at(labels, labels + pixels)));
  item.attached = memory->take_fd();
  return {};
}

Result<RestorePlaces> Deliver::places(const ArenaPicture& picture, std::size_t pixels,
                                      bool confidence) const {
  if (picture.labels_bytes != pixels)
    return Error{ErrorCode::internal,
                 fmt::format("a region of {} bytes waits for {} labels", picture.labels_bytes, pixels)};
  const Result<std::span<std::byte>> labels = part_of_arena(arena_, picture.labels_offset, pixels);
  SEGFLEET_RETURN_IF_ERROR(labels);
  if (!confidence) return places_at(labels->data(), nullptr);
  const Result<std::span<std::byte>> beside = part_of_arena(arena_, picture.confidence_offset, pixels);
  SEGFLEET_RETURN_IF_ERROR(beside);
  return places_at(labels->data(), beside->data());
}

}  // namespace segfleet
