// SPDX-License-Identifier: Apache-2.0
#include "engine/simulated/options.h"

#include <fmt/format.h>

#include <functional>

#include "base/byte_size.h"
#include "engine/simulated/option_scope.h"
#include "engine/simulated/parse_number.h"

namespace segfleet {
namespace {

// Setters give false where they do not understand the value.
using Setter = std::function<bool(SimulatedOptions&, const std::string&)>;

Setter milliseconds(double SimulatedOptions::*field) {
  return [field](SimulatedOptions& options, const std::string& text) {
    return parse_number(text, options.*field) && options.*field >= 0;
  };
}

// parse: gives nothing where it does not understand the text.
template <typename T>
Setter parsed(T SimulatedOptions::*field, std::optional<T> (*parse)(std::string_view)) {
  return [field, parse](SimulatedOptions& options, const std::string& text) {
    const std::optional<T> value = parse(text);
    if (!value) return false;
    options.*field = *value;
    return true;
  };
}

Setter byte_size(std::uint64_t MemorySizes::*field) {
  return [field](SimulatedOptions& options, const std::string& text) {
    const std::optional<std::uint64_t> bytes = parse_byte_size(text);
    options.memory.*field = bytes.value_or(0);
    return bytes.has_value();
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

bool set_seed(SimulatedOptions& options, const std::string& text) {
  return parse_number(text, options.seed);
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
      {"seed", set_seed},
      {"latency_ms", parsed(&O::latency, parse_latency)},
      {"latency_per_item_ms", parsed(&O::latency_per_item, parse_latency)},
      {"slow", parsed(&O::slow, parse_slowdowns)},
      {"memory", byte_size(&MemorySizes::device_bytes)},
      {"memory_model", byte_size(&MemorySizes::model_bytes)},
      {"memory_per_item", byte_size(&MemorySizes::per_item_bytes)},
      {"crash", parsed(&O::crash, parse_fault)},
      {"hang", parsed(&O::hang, parse_fault)},
      {"oom", parsed(&O::oom, parse_fault)},
      {"wrong_output", parsed(&O::wrong_output, parse_fault)},
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

unsigned number_of(const std::string& device) {
  constexpr std::string_view kPrefix = "sim:";
  unsigned number = 0;
  if (device.starts_with(kPrefix)) parse_number(std::string_view(device).substr(kPrefix.size()), number);
  return number;
}

}  // namespace

Result<SimulatedOptions> parse_simulated_options(const std::map<std::string, std::string>& extra, OutputOp op,
                                                 const std::string& device) {
  SimulatedOptions options;
  options.scores = op != OutputOp::argmax;
  options.device = number_of(device);
  const Result<std::vector<ScopedOption>> scoped = options_by_scope(extra, options.device);
  SEGFLEET_RETURN_IF_ERROR(scoped);
  SimulatedOptions others;  // what is meant for other devices is checked here, too: all say the same of it
  for (const ScopedOption& option : *scoped) {
    const auto found = setters().find(option.key);
    if (found == setters().end()) return unknown_key(option.written);
    if (!found->second(option.mine ? options : others, option.value))
      return Error{ErrorCode::invalid_argument,
                   fmt::format("engine option {}: the simulated engine cannot use the value '{}'",
                               option.written, option.value)};
  }
  return options;
}

}  // namespace segfleet
