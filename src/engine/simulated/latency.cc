// SPDX-License-Identifier: Apache-2.0
#include "engine/simulated/latency.h"

#include <cmath>
#include <numbers>

#include "engine/simulated/parse_number.h"

namespace segfleet {
namespace {

constexpr double kLongestMs = 1e9;

// Takes what stands before the first `separator`, or all.
std::string_view take_word(std::string_view& text, char separator) {
  const std::string_view word = text.substr(0, text.find(separator));
  text.remove_prefix(word.size() == text.size() ? word.size() : word.size() + 1);
  return word;
}

bool parse_amount(std::string_view text, double& value) {
  return parse_number(text, value) && value >= 0 && value <= kLongestMs;
}

}  // namespace

double Latency::draw_ms(const Draw& draw, std::uint64_t purpose) const {
  const double u = draw.uniform(purpose);
  switch (kind) {
    case Kind::constant:
      return mean_ms;
    case Kind::uniform:
      return mean_ms + spread * (2 * u - 1);
    case Kind::exponential:
      return -mean_ms * std::log1p(-u);
    case Kind::lognormal: {
      // Box and Muller's normal deviate; exp(sigma z) alone would have a mean of exp(sigma^2 / 2).
      const double z =
          std::sqrt(-2 * std::log1p(-u)) * std::cos(2 * std::numbers::pi * draw.uniform(purpose + 1));
      return mean_ms * std::exp(spread * z - spread * spread / 2);
    }
  }
  return mean_ms;
}

std::optional<Latency> parse_latency(std::string_view text) {
  Latency latency;
  if (parse_amount(text, latency.mean_ms)) return latency;
  const std::string_view kind = take_word(text, ':');
  if (!parse_amount(take_word(text, ':'), latency.mean_ms)) return std::nullopt;
  if (kind == "exponential" || kind == "constant") {
    latency.kind = kind == "constant" ? Latency::Kind::constant : Latency::Kind::exponential;
    return text.empty() ? std::optional(latency) : std::nullopt;
  }
  if (!parse_amount(text, latency.spread)) return std::nullopt;
  if (kind == "uniform" && latency.spread <= latency.mean_ms) {
    latency.kind = Latency::Kind::uniform;
    return latency;
  }
  constexpr double kLargestSigma = 10;
  if (kind == "lognormal" && latency.spread <= kLargestSigma) {
    latency.kind = Latency::Kind::lognormal;
    return latency;
  }
  return std::nullopt;
}

std::optional<std::vector<Slowdown>> parse_slowdowns(std::string_view text) {
  std::vector<Slowdown> slowdowns;
  if (text.empty() || text.ends_with(',')) return std::nullopt;
  while (!text.empty()) {
    std::string_view word = take_word(text, ',');
    std::string_view time = take_word(word, ':');
    Slowdown slowdown;
    if (!time.ends_with('s') || !word.starts_with('x')) return std::nullopt;
    time.remove_suffix(1);
    word.remove_prefix(1);
    if (!parse_amount(time, slowdown.since_load_s) || !parse_amount(word, slowdown.factor))
      return std::nullopt;
    if (!slowdowns.empty() && slowdown.since_load_s <= slowdowns.back().since_load_s) return std::nullopt;
    slowdowns.push_back(slowdown);
  }
  return slowdowns;
}

double factor_at(const std::vector<Slowdown>& slowdowns, double since_load_s) {
  double factor = 1;
  for (const Slowdown& slowdown : slowdowns)
    if (slowdown.since_load_s <= since_load_s) factor = slowdown.factor;
  return factor;
}

}  // namespace segfleet
