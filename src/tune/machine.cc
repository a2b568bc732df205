// SPDX-License-Identifier: Apache-2.0
#include "tune/machine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/kernel_file.h"
#include "fleet/device/core_list.h"
#include "fleet/device/device.h"
#include "fleet/device/device_files.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;
constexpr double kSameMemory = 0.05;
constexpr double kGiB = 1 << 30;

// The first line "KEY : VALUE" of one of /proc's tables.
std::string value_of(const std::string& text, std::string_view key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin, line.find_last_not_of(" \t") + 1 - begin);
  }
  return {};
}

std::string cpu_name(const fs::path& root) {
  const std::string text = read_kernel_file(root / "proc/cpuinfo").value_or("");
  if (std::string name = value_of(text, "model name"); !name.empty()) return name;
  const std::string part = value_of(text, "CPU part");  // ARM has no names
  return part.empty() ? "unknown" : fmt::format("{} {}", value_of(text, "CPU implementer"), part);
}

std::uint64_t memory_bytes(const fs::path& root) {
  std::istringstream words(value_of(read_kernel_file(root / "proc/meminfo").value_or(""), "MemTotal"));
  std::uint64_t kib = 0;
  words >> kib;
  return kib * 1024;
}

std::vector<std::string> nvidia_cards(const fs::path& root) {
  std::vector<std::string> cards;
  std::error_code error;
  for (fs::directory_iterator entry(root / "proc/driver/nvidia/gpus", error), end; !error && entry != end;
       entry.increment(error))
    cards.push_back(value_of(read_kernel_file(entry->path() / "information").value_or(""), "Model"));
  return cards;
}

std::vector<std::string> accelerators(const fs::path& root) {
  std::vector<std::string> names = nvidia_cards(root);
  const bool nvidia_named = !names.empty();
  const DeviceFiles files = find_device_files(root);
  for (const fs::path& node : files.render_nodes) {
    const fs::path device = root / "sys/class/drm" / node.filename() / "device";
    const std::string vendor = read_kernel_file(device / "vendor").value_or("unknown");
    if (vendor == "0x10de" && nvidia_named) continue;
    names.push_back(
        fmt::format("PCI {}:{}", vendor, read_kernel_file(device / "device").value_or("unknown")));
  }
  if (files.npu) names.emplace_back("NPU");
  if (files.other) names.emplace_back("accelerator");
  std::ranges::sort(names);
  return names;
}

std::string cores_text(const std::string& cores) {
  const auto list = parse_core_list(cores, '+');
  return fmt::format("{} cores ({})", list ? list->size() : 0, cores);
}

std::string list_text(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Machine this_machine(const fs::path& root) {
  return {cpu_name(root), format_core_list(allowed_cores(root)), memory_bytes(root), accelerators(root)};
}

std::vector<std::string> differences(const Machine& there, const Machine& here) {
  std::vector<std::string> found;
  if (there.cpu != here.cpu) found.push_back(fmt::format("{} there, {} here", there.cpu, here.cpu));
  if (there.cores != here.cores)
    found.push_back(fmt::format("{} there, {} here", cores_text(there.cores), cores_text(here.cores)));
  const auto memory_there = static_cast<double>(there.memory_bytes);
  const auto memory_here = static_cast<double>(here.memory_bytes);
  if (std::abs(memory_there - memory_here) > kSameMemory * std::max(memory_there, memory_here))
    found.push_back(
        fmt::format("{:.1f} GiB of memory there, {:.1f} GiB here", memory_there / kGiB, memory_here / kGiB));
  if (there.accelerators != here.accelerators)
    found.push_back(fmt::format("accelerators there: {}, here: {}", list_text(there.accelerators),
                                list_text(here.accelerators)));
  return found;
}

}  // namespace segfleet
