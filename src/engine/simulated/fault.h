// SPDX-License-Identifier: Apache-2.0
// A fault that comes by chance, or at a given call. Thread-safety: values.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/simulated/draw.h"

namespace segfleet {

struct Fault {
  double probability = 0;     // of each call
  std::uint64_t at_call = 0;  // from 1, counted from the load; 0: none

  bool happens(const Draw& draw, std::uint64_t purpose) const {
    return draw.call == at_call || draw.uniform(purpose) < probability;
  }
};

// "0.01": with that probability; "@7": at the 7th call. Nothing where it is something else.
std::optional<Fault> parse_fault(std::string_view text);

}  // namespace segfleet
