// SPDX-License-Identifier: Apache-2.0
#include "engine/simulated/options.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>

namespace segfleet {
namespace {

template <typename T>
bool parse_number(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end;
}

// Setters give false where they do not understand the value.
using Setter = std::function<bool(SimulatedOptions&, const std::string&)>;

Setter milliseconds(double SimulatedOptions::*field) {
  return [field](SimulatedOptions& options, const std::string& text) {
    return parse_number(text, options.*field) && options.*field >= 0;
  };
}

template <typename T>
Setter number(std::optional<T> SimulatedOptions::*field) {
  return [field](SimulatedOptions& options, const std::string& text) {
    return parse_number(text, (options.*field).emplace());
  };
}

Setter flag(bool SimulatedOptions::*field) {
  return [field](SimulatedOptions& options, const std::string& text) {
    options.*field = text == "1";
    return text == "0" || text == "1";
  };
}

bool set_classes(SimulatedOptions& options, const std::string& text) {
  return parse_number(text, options.classes) && options.classes >= 1 && options.classes <= 256;
}

bool set_output(SimulatedOptions& options, const std::string& text) {
  options.scores = text == "scores";
  return text == "labels" || text == "scores";
}

bool set_crash_once_file(SimulatedOptions& options, const std::string& text) {
  options.crash_once_file = text;
  return !text.empty();
}

const std::map<std::string, Setter>& setters() {
  using O = SimulatedOptions;
  static const std::map<std::string, Setter> table = {
      {"classes", set_classes},
      {"output", set_output},
      {"latency_ms", milliseconds(&O::latency_ms)},
      {"latency_per_item_ms", milliseconds(&O::latency_per_item_ms)},
      {"load_ms", milliseconds(&O::load_ms)},
      {"crash_if_first_pixel", number(&O::crash_if_first_pixel)},
      {"hang_if_first_pixel", number(&O::hang_if_first_pixel)},
      {"fail_if_first_pixel", number(&O::fail_if_first_pixel)},
      {"oom_if_batch_over", number(&O::oom_if_batch_over)},
      {"crash_at_load", flag(&O::crash_at_load)},
      {"fail_at_load", flag(&O::fail_at_load)},
      {"wrong_shape", flag(&O::wrong_shape)},
      {"wrong_count", flag(&O::wrong_count)},
      {"crash_once_file", set_crash_once_file},
  };
  return table;
}

Error unknown_key(const std::string& key) {
  std::string keys;
  for (const auto& [name, setter] : setters()) keys += (keys.empty() ? "" : ", ") + name;
  return {ErrorCode::invalid_argument,
          fmt::format("engine option {}: the simulated engine has no such option; it has: {}", key, keys)};
}

}  // namespace

Result<SimulatedOptions> parse_simulated_options(const std::map<std::string, std::string>& extra,
                                                 OutputOp op) {
  SimulatedOptions options;
  options.scores = op != OutputOp::argmax;
  for (const auto& [key, value] : extra) {
    const auto found = setters().find(key);
    if (found == setters().end()) return unknown_key(key);
    if (!found->second(options, value))
      return Error{
          ErrorCode::invalid_argument,
          fmt::format("engine option {}: the simulated engine cannot use the value '{}'", key, value)};
  }
  return options;
}

}  // namespace segfleet
