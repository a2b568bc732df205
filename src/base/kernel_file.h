// SPDX-License-Identifier: Apache-2.0
// Small text files of /proc and /sys.
// Their size is not known before they are read, which read_text_file() needs.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace segfleet {

// At most 64 KiB, without the newline at the end. Nothing where it cannot be read: the kernel may lack it.
std::optional<std::string> read_kernel_file(const std::filesystem::path& path);

}  // namespace segfleet
