// SPDX-License-Identifier: Apache-2.0
#include "io/sink/output_layout.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>

namespace segfleet {
namespace {

constexpr std::string_view kPrefix = ".segfleet-";
constexpr std::string_view kSuffix = ".tmp";

// Takes a number off the front of `text`; false where there is none.
template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

std::filesystem::path OutputLayout::temporary_for(const std::filesystem::path& final_path,
                                                  std::uint64_t number) {
  return final_path.parent_path() / fmt::format("{}{}-{}{}", kPrefix, ::getpid(), number, kSuffix);
}

bool OutputLayout::is_temporary(const std::filesystem::path& path) {
  const std::string name = path.filename().native();
  std::string_view text = name;
  if (!text.starts_with(kPrefix)) return false;
  text.remove_prefix(kPrefix.size());
  int pid = 0;
  std::uint64_t number = 0;
  if (!take_number(text, pid) || pid <= 0 || !text.starts_with('-')) return false;
  text.remove_prefix(1);
  return take_number(text, number) && text == kSuffix;
}

}  // namespace segfleet
