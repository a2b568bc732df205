// SPDX-License-Identifier: Apache-2.0
// Standard output, where results go. A write that fails is remembered, and told once at the end.
// Thread-safety: from the main thread.
#pragma once
#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace segfleet {

void print_text(std::string_view text);

template <typename... Values>
void print(fmt::format_string<Values...> format, Values&&... values) {
  print_text(fmt::format(format, std::forward<Values>(values)...));
}

// Writes what is still buffered. Where a part of the output is lost, says so on standard error, and work that
// ended well becomes a failure; other statuses stay. Gives the program's exit status.
int end_standard_output(int exit_status);

}  // namespace segfleet
