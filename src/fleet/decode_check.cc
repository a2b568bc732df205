// SPDX-License-Identifier: Apache-2.0
#include "fleet/decode_check.h"

#include <algorithm>
#include <array>

namespace segfleet {
namespace {

double share_of(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

bool ends_with_ignoring_case(std::string_view text, std::string_view lower_case_end) {
  if (text.size() < lower_case_end.size()) return false;
  return std::ranges::equal(text.substr(text.size() - lower_case_end.size()), lower_case_end,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

}  // namespace

bool DecodeCheck::may_be_jpeg(std::string_view input) {
  constexpr std::array<std::string_view, 5> kOthers{".png", ".bmp", ".tif", ".tiff", ".webp"};
  return std::ranges::none_of(kOthers,
                              [&](std::string_view end) { return ends_with_ignoring_case(input, end); });
}

DecodeCheck::DecodeCheck(std::uint64_t may_be_jpegs, const DecodeWay& way)
    : way_(way), inputs_(may_be_jpegs), wanted_(std::clamp<std::uint64_t>(may_be_jpegs / kOneIn, 1, kMost)) {}

bool DecodeCheck::compares(std::string_view input) {
  if (!may_be_jpeg(input)) return false;
  const bool due = chosen_ < wanted_ && handed_out_ * wanted_ >= chosen_ * inputs_;
  ++handed_out_;
  if (due) ++chosen_;
  return due;
}

void DecodeCheck::ended(const Outcome& outcome, const std::string& input) {
  if (!outcome.done || !outcome.decoded_otherwise) return;
  ++effect_.pictures;
  if (outcome.decoded_otherwise->compared_pixels == 0) return;
  const auto& [compared, differing] = *outcome.decoded_otherwise;
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
