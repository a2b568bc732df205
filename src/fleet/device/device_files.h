// SPDX-License-Identifier: Apache-2.0
// The device files of accelerators, which say without any driver's library that there may be some.
// Thread-safety: free functions.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace segfleet {

struct DeviceFiles {
  std::vector<std::filesystem::path> render_nodes;  // /dev/dri/renderD*: GPUs, in the order of their numbers
  bool nvidia = false;                              // /dev/nvidia0 or another number; on WSL the driver
  bool npu = false;                                 // /dev/accel
  bool other = false;  // those of the vendors that Paddle drives: Ascend, Cambricon, Kunlun, Enflame, AMD's
                       // and Hygon's; any card of WSL's
  bool any() const { return !render_nodes.empty() || nvidia || npu || other; }
};
DeviceFiles find_device_files(const std::filesystem::path& root = "/");

// Whether accelerators need be asked for: `devices` (as --devices) may mean some, and this machine has device
// files of accelerators. So a machine that has only CPUs pays nothing. False for words that are no devices,
// which parse_devices() refuses.
bool accelerators_wanted(const std::string& devices, const std::filesystem::path& root = "/");

}  // namespace segfleet
