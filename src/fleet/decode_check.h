// SPDX-License-Identifier: Apache-2.0
// What --fast-decode or --decode nvjpeg does to a run's labels: a few of its pictures, spread over all that
// it hands out, are also computed from the pixels that they have without it, by the same worker on the same
// device. Thread-safety: one thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/ledger/decode_effect.h"
#include "segfleet/run.h"
#include "transport/messages.h"

namespace segfleet {

class DecodeCheck {
 public:
  // Each costs about what a picture costs without the option: one in 64, at least one, at most 8.
  static constexpr std::uint64_t kOneIn = 64;
  static constexpr std::uint64_t kMost = 8;

  // Whether a file of this name may be a JPEG: not where it ends as another format's files do.
  static bool may_be_jpeg(std::string_view input);

  // may_be_jpegs: of the inputs that the run will hand out.
  DecodeCheck(std::uint64_t may_be_jpegs, const DecodeWay& way);

  // Of an item that is handed out for the first time: whether its worker is to compare a picture. It takes
  // this one or, where this one is decoded as ever, the next that is not.
  bool compares(std::string_view input);
  void ended(const Outcome& outcome, const std::string& input);

  const DecodeWay& way() const { return way_; }
  const DecodeEffect& effect() const { return effect_; }

 private:
  const DecodeWay& way_;  // one of the constants
  const std::uint64_t inputs_;
  const std::uint64_t wanted_;
  std::uint64_t handed_out_ = 0;
  std::uint64_t chosen_ = 0;
  std::uint64_t compared_pixels_ = 0;
  std::uint64_t differing_pixels_ = 0;
  DecodeEffect effect_;
};

}  // namespace segfleet
