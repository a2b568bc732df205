// SPDX-License-Identifier: Apache-2.0
// Bytes from a peer: decode() must neither throw nor overflow, and what it accepts must survive a round trip.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "transport/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const segfleet::Result<segfleet::Message> message = segfleet::decode(std::as_bytes(std::span(data, size)));
  if (!message.ok()) return 0;
  const std::vector<std::byte> bytes = segfleet::encode(*message);
  if (bytes.size() > segfleet::kMaxMessageBytes)
    return 0;  // numbers may have been packed tighter than we pack
  if (!segfleet::decode(bytes).ok()) std::abort();
  return 0;
}
