// SPDX-License-Identifier: Apache-2.0
#include "worker/item.h"

#include <fmt/format.h>

#include <algorithm>

namespace segfleet {
namespace {
constexpr std::int64_t kNsPerUs = 1000;

// With the memory that it has.
void begin_anew(Outcome& outcome) {
  std::string hash = std::move(outcome.mask_hash);
  std::vector<ClassPixels> pixels = std::move(outcome.class_pixels);
  hash.clear();
  pixels.clear();
  outcome = {};
  outcome.mask_hash = std::move(hash);
  outcome.class_pixels = std::move(pixels);
}

}  // namespace

void Item::begin(LeasedItem&& next) {
  std::swap(leased, next);
  begin_anew(outcome);
  outcome.id = leased.id;
  outcome.attempt = leased.attempt;
  failed = false;
  trace.clear();
  mask_png.clear();
  overlay_file.clear();
  attached.reset();
  confidence_png.clear();
}

void Item::fail(Stage stage, const Error& error) {
  if (failed) return;
  failed = true;
  const bool names_input = error.message.find(leased.input) != std::string::npos;
  outcome.error = {error.code,
                   names_input ? error.message : fmt::format("{}: {}", leased.input, error.message)};
  outcome.failed_stage = stage;
  input.reset();
  picture.reset();
  output.reset();
  full_input.reset();
  full_output.reset();
}

void Item::add_time(Stage stage, std::int64_t elapsed_ns) {
  outcome.stage_us[static_cast<std::size_t>(stage)] += elapsed_ns / kNsPerUs;
}

void Item::reach(Moment moment, std::int64_t now_ns) {
  // 0 would mean that it never got there.
  outcome.moments_us[static_cast<std::size_t>(moment)] =
      std::max<std::int64_t>(1, (now_ns - zero_ns) / kNsPerUs);
}

}  // namespace segfleet
