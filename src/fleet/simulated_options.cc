// SPDX-License-Identifier: Apache-2.0
#include "fleet/simulated_options.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "fleet/device/device_spec.h"

namespace segfleet {
namespace {

// The devices that a key names before its dot; empty: it is an option of all, or cannot be read.
std::vector<std::string> named_by(const std::string& key) {
  const std::size_t dot = key.find('.');
  if (!key.starts_with("sim:") || dot == std::string::npos) return {};
  const Result<std::vector<DeviceWord>> words = parse_device_spec(key.substr(0, dot));
  std::vector<std::string> names;
  if (words.ok())
    for (const int number : words->front().numbers) names.push_back(fmt::format("sim:{}", number));
  return names;
}

}  // namespace

std::vector<std::string> options_without_device(const std::map<std::string, std::string>& engine_options,
                                                const std::vector<Device>& devices) {
  std::vector<std::string> notes;
  for (const auto& [key, value] : engine_options) {
    std::vector<std::string> absent = named_by(key);
    std::erase_if(absent, [&](const std::string& name) {
      return std::ranges::find(devices, name, &Device::name) != devices.end();
    });
    if (absent.empty()) continue;
    notes.push_back(
        fmt::format("--engine-option {}={}: there is no {} in this run; it counts from when it is added", key,
                    value, fmt::join(absent, ", no ")));
  }
  return notes;
}

}  // namespace segfleet
