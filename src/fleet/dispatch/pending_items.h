// SPDX-License-Identifier: Apache-2.0
// Items that no worker has had yet, first in first out. Kept as ranges of consecutive ids, because ids are
// row numbers: ten million items in a row take one range. Thread-safety: one thread at a time.
#pragma once
#include <cstdint>
#include <deque>

#include "transport/messages.h"

namespace segfleet {

class PendingItems {
 public:
  void push(ItemId id);
  ItemId pop();  // requires !empty()
  bool empty() const { return count_ == 0; }
  std::uint64_t size() const { return count_; }

 private:
  struct Range {
    ItemId first;
    ItemId last;
  };
  std::deque<Range> ranges_;
  std::uint64_t count_ = 0;
};

}  // namespace segfleet
