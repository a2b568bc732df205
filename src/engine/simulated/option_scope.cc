// SPDX-License-Identifier: Apache-2.0
#include "engine/simulated/option_scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "engine/simulated/parse_number.h"

namespace segfleet {
namespace {

struct Scope {
  unsigned first = 0;
  unsigned last = std::numeric_limits<unsigned>::max();
};

// "2" or "0-3".
bool parse_scope(std::string_view text, Scope& scope) {
  const std::size_t dash = text.find('-');
  if (!parse_number(text.substr(0, dash), scope.first)) return false;
  scope.last = scope.first;
  return dash == std::string_view::npos ||
         (parse_number(text.substr(dash + 1), scope.last) && scope.last >= scope.first);
}

}  // namespace

Result<std::vector<ScopedOption>> options_by_scope(const std::map<std::string, std::string>& extra,
                                                   unsigned device) {
  constexpr std::string_view kPrefix = "sim:";
  struct Entry {
    unsigned width;
    ScopedOption option;
  };
  std::vector<Entry> entries;
  for (const auto& [key, value] : extra) {
    Scope scope;
    std::string_view name = key;
    if (name.starts_with(kPrefix)) {
      const std::size_t dot = name.find('.');
      if (dot == std::string_view::npos ||
          !parse_scope(name.substr(kPrefix.size(), dot - kPrefix.size()), scope))
        return Error{
            ErrorCode::invalid_argument,
            fmt::format("engine option {}: an option of some devices is written as sim:2.latency_ms or "
                        "sim:0-3.latency_ms",
                        key)};
      name.remove_prefix(dot + 1);
    }
    const bool mine = scope.first <= device && device <= scope.last;
    entries.push_back({scope.last - scope.first, {key, std::string(name), value, mine}});
  }
  std::ranges::stable_sort(entries, std::greater<>(), &Entry::width);
  std::vector<ScopedOption> options;
  for (Entry& entry : entries) options.push_back(std::move(entry.option));
  return options;
}

}  // namespace segfleet
