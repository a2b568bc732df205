// SPDX-License-Identifier: Apache-2.0
#include "engine/simulated/fault.h"

#include "engine/simulated/parse_number.h"

namespace segfleet {

std::optional<Fault> parse_fault(std::string_view text) {
  Fault fault;
  const bool at = text.starts_with('@');
  if (at) text.remove_prefix(1);
  const bool good =
      at ? parse_number(text, fault.at_call) && fault.at_call >= 1
         : parse_number(text, fault.probability) && fault.probability >= 0 && fault.probability <= 1;
  return good ? std::optional(fault) : std::nullopt;
}

}  // namespace segfleet
