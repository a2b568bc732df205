// SPDX-License-Identifier: Apache-2.0
// Two inputs that would write one output. Thread-safety: free function without shared state.
#pragma once
#include <vector>

#include "io/source/source.h"
#include "segfleet/error.h"

namespace segfleet {

// Equal stems, or one output that would have to be a folder of another ("a" makes a.png, "a.png/b" lies in
// a.png/). Bytes count: names that differ in case or in Unicode composition only are two files on Linux and
// two here. Errors: output_conflict; the message lists the first pairs and the mend.
Status check_name_conflicts(const std::vector<SourceItem>& items, NameStyle names,
                            const OutputLayout& output);

}  // namespace segfleet
