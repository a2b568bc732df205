// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "io/source/source.h"

namespace segfleet {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the digits at the front of `text`, without leading zeros.
std::string_view take_number(std::string_view& text) {
  const std::size_t end =
      std::min(static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin()),
               text.size());
  std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

// A slash comes before every other byte, so that a folder's files stay together.
int rank(char c) {
  return c == '/' ? -1 : static_cast<unsigned char>(c);
}

// Below, equal or above: -1, 0, 1. Numbers of any length.
int compare_numbers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  const int order = a.compare(b);
  return (order > 0) - (order < 0);
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  // What is equal at the front decides nothing, but for the digits of a number that goes on.
  std::size_t same = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  while (same > 0 && is_digit(a[same - 1])) --same;
  std::string_view x = a.substr(same);
  std::string_view y = b.substr(same);
  while (!x.empty() && !y.empty()) {
    if (is_digit(x.front()) && is_digit(y.front())) {
      const std::string_view x_number = take_number(x);
      const int order = compare_numbers(x_number, take_number(y));
      if (order != 0) return order < 0;
      continue;
    }
    if (x.front() != y.front()) return rank(x.front()) < rank(y.front());
    x.remove_prefix(1);
    y.remove_prefix(1);
  }
  if (x.empty() != y.empty()) return x.empty();
  return a < b;  // they differ in leading zeros at most
}

}  // namespace segfleet
