// SPDX-License-Identifier: Apache-2.0
#include "fleet/fast_decode_check.h"

#include <algorithm>

namespace segfleet {
namespace {

double share_of(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

FastDecodeCheck::FastDecodeCheck(std::uint64_t items)
    : items_(items), wanted_(std::clamp<std::uint64_t>(items / kOneIn, 1, kMost)) {}

bool FastDecodeCheck::compares(ItemId id) {
  const bool due = chosen_.size() < wanted_ && handed_out_ * wanted_ >= chosen_.size() * items_;
  ++handed_out_;
  if (due) chosen_.insert(id);
  return due;
}

void FastDecodeCheck::ended(const Outcome& outcome, const std::string& input) {
  const bool counts = outcome.done && outcome.fast_decoded;
  if (counts) ++effect_.reduced;
  if (!counts || outcome.fast_decoded->compared_pixels == 0) {
    chosen_.erase(outcome.id);
    return;
  }
  chosen_.insert(outcome.id);  // a worker may have taken it for one that was not smaller
  const auto& [compared, differing] = *outcome.fast_decoded;
  compared_pixels_ += compared;
  differing_pixels_ += differing;
  ++effect_.compared;
  effect_.differing_share = share_of(differing_pixels_, compared_pixels_);
  const double here = share_of(differing, compared);
  if (!effect_.worst_input.empty() && here <= effect_.worst_share) return;
  effect_.worst_share = here;
  effect_.worst_input = input;
}

}  // namespace segfleet
