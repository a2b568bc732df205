// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>

#include "base/byte_size.h"
#include "segfleet/options.h"

namespace segfleet {

Result<MemoryAmount> parse_memory_amount(const std::string& text) {
  if (const std::optional<std::uint64_t> bytes = parse_byte_size(text)) return MemoryAmount{*bytes, 0};
  double percent = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, percent, std::chars_format::fixed);
  const bool good =
      error == std::errc() && std::string_view(rest, static_cast<std::size_t>(end - rest)) == "%";
  if (good && percent >= 0 && percent <= 100) return MemoryAmount{0, percent / 100};
  return Error{
      ErrorCode::invalid_argument,
      fmt::format("\"{}\" is no amount of memory: write bytes, 4GiB, 512MiB, or a share from 0% to 100%",
                  text)};
}

}  // namespace segfleet
