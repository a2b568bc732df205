// SPDX-License-Identifier: Apache-2.0
#include "io/source/input_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <optional>
#include <utility>

#include "io/source/output_stem.h"
#include "io/source/path_text.h"

namespace segfleet {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\v\f";

bool counts(std::string_view line) {
  const std::size_t start = line.find_first_not_of(kBlanks);
  return start != std::string_view::npos && line[start] != '#';
}

std::string_view trimmed(std::string_view line) {
  const std::size_t start = line.find_first_not_of(kBlanks);
  return line.substr(start, line.find_last_not_of(kBlanks) - start + 1);
}

// "my photo.jpg label" becomes "my photo.jpg".
std::string_view without_last_word(std::string_view name) {
  const std::size_t blank = name.find_last_of(kBlanks);
  if (blank == std::string_view::npos) return {};
  return name.substr(0, name.find_last_not_of(kBlanks, blank) + 1);
}

// The line without blanks around it, and without the words that no path has room for: a line of megabytes
// costs no more than one of PATH_MAX.
std::string_view longest_name(std::string_view line) {
  const std::string_view name = trimmed(line);
  return name.size() < PATH_MAX ? name : without_last_word(name.substr(0, PATH_MAX));
}

ListedInput look_at(const std::string& folder, std::string_view name) {
  std::string path = join(folder, name);
  if (name.find('\0') != std::string_view::npos) {
    Error error{ErrorCode::invalid_argument,
                fmt::format("a listed name holds a zero byte: {}", name.substr(0, name.find('\0')))};
    return {std::string(name), std::move(path), std::move(error)};
  }
  Result<FileFacts> facts = facts_of(path);
  return {std::string(name), std::move(path), std::move(facts)};
}

}  // namespace

std::vector<std::string_view> list_lines(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (counts(line)) lines.push_back(line);
  }
  return lines;
}

ListedInput resolve_line(const std::string& folder, std::string_view line) {
  ListedInput whole = look_at(folder, line);
  if (whole.facts) return whole;
  std::optional<ListedInput> missing_picture;
  for (std::string_view name = longest_name(line); !name.empty(); name = without_last_word(name)) {
    if (name.size() == line.size()) continue;  // looked at already
    ListedInput part = look_at(folder, name);
    if (part.facts && part.facts->kind == FileKind::file) return part;
    if (has_picture_suffix(name)) missing_picture = std::move(part);
  }
  return missing_picture ? std::move(*missing_picture) : whole;
}

std::string relative_to_list(const std::string& folder, const std::string& path) {
  const std::string absolute = absolute_text(path);
  const std::string_view inside = below(folder, absolute);
  return inside.empty() ? absolute.substr(1) : std::string(inside);
}

}  // namespace segfleet
