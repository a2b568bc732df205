// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/device_files.h"

#include <algorithm>
#include <system_error>

#include "fleet/device/device_spec.h"

namespace segfleet {

DeviceFiles find_device_files(const std::filesystem::path& root) {
  DeviceFiles files;
  std::error_code ignored;  // what cannot be looked at is not there
  for (const auto& entry : std::filesystem::directory_iterator(root / "dev/dri", ignored))
    if (entry.path().filename().native().starts_with("renderD")) files.render_nodes.push_back(entry.path());
  std::ranges::sort(files.render_nodes);
  files.nvidia = std::filesystem::exists(root / "dev/nvidia0", ignored);
  files.npu = std::filesystem::exists(root / "dev/accel", ignored);
  for (const char* name : {"davinci0", "cambricon_dev0", "xpu0", "gcu0", "kfd"})
    files.other = files.other || std::filesystem::exists(root / "dev" / name, ignored);
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
