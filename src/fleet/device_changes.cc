// SPDX-License-Identifier: Apache-2.0
#include "fleet/device_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "fleet/device/core_list.h"
#include "fleet/device/device_spec.h"

namespace segfleet {
namespace {

const RunDevice* named(const std::vector<RunDevice>& devices, const std::string& name) {
  const auto found = std::ranges::find(devices, name, &RunDevice::name);
  return found == devices.end() ? nullptr : &*found;
}

// The words of --devices are refused in its name.
Error as_ours(Error error) {
  constexpr std::string_view kPrefix = "--devices: ";
  if (error.message.starts_with(kPrefix)) error.message.erase(0, kPrefix.size());
  return error;
}

Error not_here(const std::string& name, const std::vector<RunDevice>& present) {
  std::string there;
  for (const RunDevice& device : present)
    if (!device.leaving) there += (there.empty() ? "" : ", ") + device.name;
  return {ErrorCode::device_unknown,
          fmt::format("{} has no part in this run; {}", name,
                      there.empty() ? "it has no device now" : "it runs on " + there)};
}

// The names that a word of --devices gives to devices; empty: all of its kind.
Result<std::vector<std::string>> names_of(const DeviceWord& word) {
  if (word.kind == "auto" || word.count > 0)
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("\"{}\" names no devices that could be removed; name them as `segfleet ctl OUTPUT "
                    "status` does",
                    word.text)};
  std::vector<std::string> names;
  if (word.kind == "cpu" && !word.numbers.empty()) {
    std::vector<int> cores = word.numbers;
    std::ranges::sort(cores);
    names.push_back("cpu:" + format_core_list(cores));
  } else {
    for (const int number : word.numbers) names.push_back(fmt::format("{}:{}", word.kind, number));
  }
  return names;
}

}  // namespace

Result<std::vector<Device>> devices_to_add(const std::string& spec, const std::vector<RunDevice>& present,
                                           const std::vector<int>& cores,
                                           const std::vector<EngineDevice>& found) {
  const Result<std::vector<Device>> wanted = parse_devices(spec, cores, found);
  if (!wanted.ok()) return as_ours(wanted.error());
  for (const Device& device : *wanted) {
    const RunDevice* same = named(present, device.name);
    if (same == nullptr) continue;
    return Error{ErrorCode::invalid_argument,
                 same->leaving ? fmt::format("{} still finishes what it holds; add it when it has no worker "
                                             "any more",
                                             device.name)
                               : fmt::format("{} runs already", device.name)};
  }
  // Beside those that run, so that no two share cores where that can be.
  std::string all;
  for (const RunDevice& device : present) all += device.name + ",";
  Result<std::vector<Device>> devices = parse_devices(all + spec, cores, found);
  if (!devices.ok()) return as_ours(devices.error());
  devices->erase(devices->begin(), devices->begin() + std::ssize(present));
  return devices;
}

Result<std::vector<RunDevice>> devices_to_remove(const std::string& spec,
                                                 const std::vector<RunDevice>& present) {
  const Result<std::vector<DeviceWord>> words = parse_device_spec(spec);
  if (!words.ok()) return as_ours(words.error());
  std::vector<RunDevice> chosen;
  std::set<std::uint32_t> seen;
  const auto choose = [&](const RunDevice& device) {
    if (!device.leaving && seen.insert(device.index).second) chosen.push_back(device);
  };
  for (const DeviceWord& word : *words) {
    const std::size_t before = chosen.size();
    const Result<std::vector<std::string>> names = names_of(word);
    SEGFLEET_RETURN_IF_ERROR(names);
    for (const std::string& name : *names) {
      const RunDevice* device = named(present, name);
      if (device == nullptr || device->leaving) return not_here(name, present);
      choose(*device);
    }
    if (!names->empty()) continue;
    for (const RunDevice& device : present)
      if (device.name == word.kind || device.name.starts_with(word.kind + ":")) choose(device);
    if (chosen.size() == before) return not_here(word.kind, present);
  }
  return chosen;
}

}  // namespace segfleet
