// SPDX-License-Identifier: Apache-2.0
// How much CPU time the cgroups of this process allow, as containers set it. Thread-safety: free function.
#pragma once
#include <filesystem>
#include <optional>

namespace segfleet {

// In CPUs, e.g. 1.5; the smallest of the process's cgroup and all above it. Nothing: no limit. Reads
// ROOT/proc/self/cgroup, then cpu.max (version 2) or cpu.cfs_quota_us / cpu.cfs_period_us (version 1) below
// ROOT/sys/fs/cgroup; see the kernel's admin-guide/cgroup-v2 and scheduler/sched-bwc.
std::optional<double> cpu_quota(const std::filesystem::path& root);

}  // namespace segfleet
