// SPDX-License-Identifier: Apache-2.0
// How long a simulated call takes: a distribution, and slowdowns at given times. Thread-safety: values.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "engine/simulated/draw.h"

namespace segfleet {

struct Latency {
  enum class Kind { constant, uniform, lognormal, exponential };
  Kind kind = Kind::constant;
  double mean_ms = 0;
  double spread = 0;  // uniform: ms to each side of the mean; lognormal: sigma of the logarithm

  double draw_ms(const Draw& draw, std::uint64_t purpose) const;  // uses purpose and purpose + 1
};

// "40", "uniform:40:10", "lognormal:40:1", "exponential:40". Nothing where it is something else.
std::optional<Latency> parse_latency(std::string_view text);

struct Slowdown {
  double since_load_s = 0;
  double factor = 1;
};

// "10s:x10,30s:x1", ascending. Nothing where it is something else.
std::optional<std::vector<Slowdown>> parse_slowdowns(std::string_view text);
double factor_at(const std::vector<Slowdown>& slowdowns, double since_load_s);

}  // namespace segfleet
