// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "segfleet/engine.h"

namespace segfleet {

std::string_view name_of(Precision precision) {
  return precision == Precision::bf16 ? "bf16" : "fp32";
}

}  // namespace segfleet
