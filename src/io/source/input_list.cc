// SPDX-License-Identifier: Apache-2.0
#include "io/source/input_list.h"

#include <fmt/format.h>

#include <algorithm>

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
  const std::string_view text = trimmed(line);
  const std::string_view first_word = text.substr(0, text.find_first_of(kBlanks));
  if (first_word == line) return whole;
  ListedInput first = look_at(folder, first_word);
  // Where neither exists, the one that looks like a picture's name is reported as missing.
  if (first.facts || has_picture_suffix(first_word)) return first;
  return whole;
}

std::string relative_to_list(const std::string& folder, const std::string& path) {
  const std::string absolute = absolute_text(path);
  const std::string_view inside = below(folder, absolute);
  return inside.empty() ? absolute.substr(1) : std::string(inside);
}

}  // namespace segfleet
