// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/device_files.h"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "fleet/device/device_spec.h"

namespace segfleet {
namespace {

// "nvidia3" for "nvidia", not "nvidiactl": a container may be given any one of several cards.
bool is_numbered(std::string_view name, std::string_view kind) {
  if (!name.starts_with(kind) || name.size() == kind.size()) return false;
  return std::ranges::all_of(name.substr(kind.size()), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

DeviceFiles find_device_files(const std::filesystem::path& root) {
  DeviceFiles files;
  std::error_code ignored;  // what cannot be looked at is not there
  for (const auto& entry : std::filesystem::directory_iterator(root / "dev/dri", ignored))
    if (entry.path().filename().native().starts_with("renderD")) files.render_nodes.push_back(entry.path());
  std::ranges::sort(files.render_nodes);
  for (const auto& entry : std::filesystem::directory_iterator(root / "dev", ignored)) {
    const std::string name = entry.path().filename().native();
    files.nvidia = files.nvidia || is_numbered(name, "nvidia");
    files.npu = files.npu || name == "accel";
    files.other = files.other || name == "kfd" || name == "dxg";
    for (const std::string_view kind : {"davinci", "cambricon_dev", "xpu", "gcu"})
      files.other = files.other || is_numbered(name, kind);
  }
  // WSL has one file for cards of all makers, and the driver's library of this one.
  files.nvidia = files.nvidia || (std::filesystem::exists(root / "dev/dxg", ignored) &&
                                  std::filesystem::exists(root / "usr/lib/wsl/lib/libcuda.so.1", ignored));
  return files;
}

bool accelerators_wanted(const std::string& devices, const std::filesystem::path& root) {
  const auto words = parse_device_spec(devices);
  if (!words.ok()) return false;
  const bool named = std::ranges::any_of(
      *words, [](const DeviceWord& word) { return word.kind != "cpu" && word.kind != "sim"; });
  return named && find_device_files(root).any();
}

}  // namespace segfleet
