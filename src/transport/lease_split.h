// SPDX-License-Identifier: Apache-2.0
// A share of items as as few Lease messages as fit under kMaxMessageBytes. Thread-safety: a free function.
#pragma once
#include <vector>

#include "transport/messages.h"

namespace segfleet {

// Keeps the order. An item too large for a message by itself stands alone,
// and Channel::send() will refuse it.
std::vector<Lease> split_lease(std::vector<LeasedItem> items);

}  // namespace segfleet
