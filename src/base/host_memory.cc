// SPDX-License-Identifier: Apache-2.0
#include "base/host_memory.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "base/control_group.h"
#include "base/kernel_file.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;
using Amount = std::optional<std::uint64_t>;

// The number after `key` at the start of a line, spaces between.
Amount number_after(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (at > 0 && text[at - 1] != '\n') continue;
    std::string_view rest = text.substr(at + key.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    std::uint64_t number = 0;
    if (std::from_chars(rest.data(), rest.data() + rest.size(), number).ec == std::errc()) return number;
    return std::nullopt;
  }
  return std::nullopt;
}

Amount number_in(const fs::path& file) {
  return number_after(read_kernel_file(file).value_or(""), "");  // "max": no number, no limit
}

std::optional<HostMemory> memory_of(const ControlGroup& group) {
  const Amount limit = number_in(group.folder / (group.version_2 ? "memory.max" : "memory.limit_in_bytes"));
  const Amount usage =
      number_in(group.folder / (group.version_2 ? "memory.current" : "memory.usage_in_bytes"));
  if (!limit || !usage) return std::nullopt;
  const std::string stat = read_kernel_file(group.folder / "memory.stat").value_or("");
  const std::uint64_t droppable =
      number_after(stat, group.version_2 ? "inactive_file " : "total_inactive_file ").value_or(0);
  const std::uint64_t kept = *usage - std::min(*usage, droppable);
  return HostMemory{*limit - std::min(*limit, kept), *limit};
}

}  // namespace

std::optional<HostMemory> host_memory(const fs::path& root) {
  constexpr std::uint64_t kKib = 1024;
  const std::string text = read_kernel_file(root / "proc/meminfo").value_or("");
  const Amount available = number_after(text, "MemAvailable:");
  const Amount total = number_after(text, "MemTotal:");
  if (!available || !total) return std::nullopt;
  HostMemory memory{*available * kKib, *total * kKib};
  for (const ControlGroup& group : control_groups("memory", root)) {
    const std::optional<HostMemory> bound = memory_of(group);
    if (!bound || bound->total_bytes >= memory.total_bytes)
      continue;  // version 1 says "no limit" by a huge one
    memory.total_bytes = bound->total_bytes;
    memory.available_bytes = std::min(memory.available_bytes, bound->available_bytes);
  }
  return memory;
}

}  // namespace segfleet
