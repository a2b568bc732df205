// SPDX-License-Identifier: Apache-2.0
// The syntax of --devices; what exists is not its business. Thread-safety: free function.
//   list := "auto" | word ("," word)*
//   word := kind | kind "*" count | kind ":" numbers | numbers      (numbers alone: of the kind before)
//   kind := a-z, then a-z, 0-9 and "_": Paddle's custom devices have names such as intel_hpu
//   numbers of cpu := range ("+" range)*, cores of one device; of other kinds := range, one device each
#pragma once
#include <string>
#include <vector>

#include "segfleet/error.h"

namespace segfleet {

struct DeviceWord {
  std::string text;          // as written, for messages
  std::string kind;          // "cpu", "gpu", ...; "auto" alone
  int count = 0;             // after "*"; 0: none
  std::vector<int> numbers;  // empty: none
};

// Errors: invalid_argument, quoting the bad word.
Result<std::vector<DeviceWord>> parse_device_spec(const std::string& spec);

}  // namespace segfleet
