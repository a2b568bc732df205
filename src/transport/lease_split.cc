// SPDX-License-Identifier: Apache-2.0
#include "transport/lease_split.h"

#include <utility>

namespace segfleet {
namespace {

// Upper bounds of what surrounds the two texts: field names, map and text headers, the widest numbers.
constexpr std::size_t kItemOverheadBytes = 64;
constexpr std::size_t kPictureBytes = 160;
constexpr std::size_t kMessageOverheadBytes = 64;

std::size_t encoded_bytes(const LeasedItem& item) {
  return kItemOverheadBytes + item.input.size() + item.stem.size() + (item.picture ? kPictureBytes : 0);
}

}  // namespace

std::vector<Lease> split_lease(std::vector<LeasedItem> items) {
  std::vector<Lease> leases;
  std::size_t room = 0;
  for (LeasedItem& item : items) {
    const std::size_t bytes = encoded_bytes(item);
    if (leases.empty() || bytes > room) {
      leases.emplace_back();
      room = kMaxMessageBytes - kMessageOverheadBytes;
    }
    room -= bytes < room ? bytes : room;
    leases.back().items.push_back(std::move(item));
  }
  return leases;
}

}  // namespace segfleet
