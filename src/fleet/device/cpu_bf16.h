// SPDX-License-Identifier: Apache-2.0
// Whether this machine's cores compute bf16 in hardware: AVX512-BF16, AMX or Arm's. Without it bf16 is no
// faster, or refused. Thread-safety: a free function.
#pragma once
#include <filesystem>

namespace segfleet {

// `root` is where /proc is found; other than "/" for tests.
bool has_bf16(const std::filesystem::path& root = "/");

}  // namespace segfleet
