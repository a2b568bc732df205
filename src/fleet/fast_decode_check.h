// SPDX-License-Identifier: Apache-2.0
// What --fast-decode does to a run's labels: a few of its pictures, spread over all that it hands out, are
// also computed from the whole picture, by the same worker on the same device. Thread-safety: one thread.
#pragma once
#include <cstdint>
#include <set>
#include <string>

#include "segfleet/run.h"
#include "transport/messages.h"

namespace segfleet {

class FastDecodeCheck {
 public:
  // Each costs about what a picture costs without --fast-decode: one in 64, at least one, at most 8.
  static constexpr std::uint64_t kOneIn = 64;
  static constexpr std::uint64_t kMost = 8;

  // items: that the run will hand out.
  explicit FastDecodeCheck(std::uint64_t items);

  // Of an item that is handed out for the first time: whether its worker is to compare.
  bool compares(ItemId id);
  // How an item ended. Where a chosen one was not decoded smaller, its worker compares the next that is; one
  // that is handed out from now on is chosen as well, for that worker may have none left.
  void ended(const Outcome& outcome, const std::string& input);

  const FastDecodeEffect& effect() const { return effect_; }

 private:
  const std::uint64_t items_;
  const std::uint64_t wanted_;
  std::uint64_t handed_out_ = 0;
  std::set<ItemId> chosen_;
  std::uint64_t compared_pixels_ = 0;
  std::uint64_t differing_pixels_ = 0;
  FastDecodeEffect effect_;
};

}  // namespace segfleet
