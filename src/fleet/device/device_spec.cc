// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/device_spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "fleet/device/core_list.h"

namespace segfleet {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

Error bad_word(std::string_view word, std::string_view cause) {
  return {ErrorCode::invalid_argument,
          fmt::format("--devices: \"{}\" {}; examples: auto, cpu:0-3, cpu*4, gpu:0,1, sim*8", word, cause)};
}

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_kind_character(char c) {
  return is_letter(c) || c == '_' || (c >= '0' && c <= '9');
}

Result<DeviceWord> parse_word(std::string_view word, const std::string& kind_before) {
  DeviceWord result;
  result.text = word;
  if (word.empty()) return bad_word(word, "is no device: a comma too many, or nothing at all");
  const auto end = is_letter(word.front()) ? std::ranges::find_if_not(word, is_kind_character) : word.begin();
  result.kind = std::string(word.begin(), end);
  std::string_view rest = word.substr(result.kind.size());
  if (result.kind.empty()) {
    if (kind_before.empty() || word.front() < '0' || word.front() > '9')
      return bad_word(word, "names no device");
    result.kind = kind_before;
  } else if (rest.empty()) {
    return result;
  } else if (rest.front() == '*') {
    const auto count = parse_core_list(rest.substr(1), '*');
    if (!count || count->size() != 1 || count->front() == 0)
      return bad_word(word, "lacks a count after the *");
    result.count = count->front();
    return result;
  } else if (rest.front() == ':') {
    rest.remove_prefix(1);
  } else {
    return bad_word(word, "is no device");
  }
  auto numbers = parse_core_list(rest, '+');
  if (!numbers) return bad_word(word, "has no number or ascending range where one belongs");
  if (result.kind != "cpu" && rest.find('+') != std::string_view::npos)
    return bad_word(word, "joins with +, which is for the cores of one cpu device");
  result.numbers = std::move(*numbers);
  return result;
}

}  // namespace

Result<std::vector<DeviceWord>> parse_device_spec(const std::string& spec) {
  std::vector<DeviceWord> words;
  std::string_view rest = spec;
  for (;;) {
    const std::string_view word = rest.substr(0, rest.find(','));
    auto parsed = parse_word(trimmed(word), words.empty() ? "" : words.back().kind);
    if (!parsed) return parsed.error();
    words.push_back(std::move(*parsed));
    if (word.size() == rest.size()) break;
    rest.remove_prefix(word.size() + 1);
  }
  for (const DeviceWord& word : words) {
    if (word.kind == "auto" && (words.size() > 1 || word.text != "auto"))
      return bad_word(word.text, "stands beside other words; auto stands alone");
  }
  return words;
}

}  // namespace segfleet
