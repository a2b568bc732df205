// SPDX-License-Identifier: Apache-2.0
// Whole files in, bytes out, renames. Names are plain strings: a std::filesystem::path allocates for each of
// its parts. Thread-safety: free functions without shared state.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "segfleet/error.h"

namespace segfleet {

// Reads a regular file of at most `max_bytes`. Never blocks on a FIFO or a device: those are refused.
// Errors: input_too_large, input_unreadable (not a regular file), or what errno says. `buffer` is reused.
Status read_file(const std::string& path, std::uint64_t max_bytes, std::vector<std::byte>& buffer);

// A text file of at most max_bytes.
Result<std::string> read_text_file(const std::string& path, std::uint64_t max_bytes);

// Writes all bytes, going on after signals and partial writes. False: errno says why not.
bool write_all(int fd, std::span<const std::byte> bytes);

// rename(2); on an error looks whether the rename happened all the same, as some network filesystems do.
Status rename_file(const std::string& from, const std::string& to);

}  // namespace segfleet
