// SPDX-License-Identifier: Apache-2.0
#include "fleet/dispatch/pending_items.h"

namespace segfleet {

void PendingItems::push(ItemId id) {
  ++count_;
  if (!ranges_.empty() && id > 0 && ranges_.back().last == id - 1) {
    ranges_.back().last = id;
  } else {
    ranges_.push_back({id, id});
  }
}

ItemId PendingItems::pop() {
  Range& range = ranges_.front();
  const ItemId id = range.first;
  if (range.first == range.last) {
    ranges_.pop_front();
  } else {
    ++range.first;
  }
  --count_;
  return id;
}

}  // namespace segfleet
