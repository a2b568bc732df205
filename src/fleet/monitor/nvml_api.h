// SPDX-License-Identifier: Apache-2.0
// The part of NVIDIA's management library that segfleet calls: its C interface, which stays as it is from
// driver to driver, declared here so that nothing of NVIDIA's is needed to build.
#pragma once

namespace segfleet::nvml {

using Return = int;
struct Device;  // opaque

inline constexpr Return kSuccess = 0;
inline constexpr Return kNotSupported = 3;
inline constexpr Return kNoPermission = 4;
inline constexpr Return kNotFound = 6;
inline constexpr Return kInsufficientSize = 7;
inline constexpr Return kGpuIsLost = 15;
inline constexpr Return kUnknown = 999;

inline constexpr unsigned kUuidBytes = 96;
inline constexpr unsigned kNameBytes = 96;
inline constexpr int kTemperatureGpu = 0;
inline constexpr int kClockSm = 1;

// Why the clocks are lower than they could be.
inline constexpr unsigned long long kHwSlowdown = 0x8;
inline constexpr unsigned long long kSwThermalSlowdown = 0x20;
inline constexpr unsigned long long kHwThermalSlowdown = 0x40;
inline constexpr unsigned long long kHwPowerBrake = 0x80;

struct Utilization {
  unsigned gpu = 0;  // percent of the time in which a kernel ran
  unsigned memory = 0;
};
struct Memory {
  unsigned long long total = 0;
  unsigned long long free = 0;
  unsigned long long used = 0;
};
// Of one process that used the card since a given moment.
struct ProcessUtilization {
  unsigned pid = 0;
  unsigned long long timestamp_us = 0;
  unsigned sm = 0;  // percent
  unsigned memory = 0;
  unsigned encoder = 0;
  unsigned decoder = 0;
};

}  // namespace segfleet::nvml
