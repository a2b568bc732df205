// SPDX-License-Identifier: Apache-2.0
// JPEGs on which decoders are compared. Thread-safety: a free function.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "segfleet/error.h"

namespace segfleet {

struct GatePicture {
  std::string_view kind;  // "4:2:0"
  std::vector<std::byte> jpeg;
};

// One of each kind that goes to a card (JpegReader::is_common), sides that no block divides, with slopes,
// edges of brightness and edges of colour. Errors: out_of_memory.
Result<std::vector<GatePicture>> gate_pictures();

}  // namespace segfleet
