// SPDX-License-Identifier: Apache-2.0
#include "io/source/output_stem.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/hash.h"
#include "io/source/path_text.h"

namespace segfleet {
namespace {

constexpr std::array<std::string_view, 7> kPictureSuffixes{".jpg",  ".jpeg", ".png", ".bmp",
                                                           ".webp", ".tif",  ".tiff"};
constexpr std::size_t kNameMaxBytes = 255;
constexpr std::size_t kOutputSuffixBytes = 4;  // ".png", ".jpg"
constexpr std::size_t kHashDigits = 16;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Where the suffix starts; the whole name where there is none.
std::size_t suffix_start(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name.size() : dot;
}

bool continues_utf8_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::string shortened(std::string_view name) {
  std::size_t kept = kNameMaxBytes - kOutputSuffixBytes - kHashDigits - 1;
  // A character has at most three bytes after its first: more of them are not UTF-8.
  for (int i = 0; i < 3 && continues_utf8_character(name[kept]); ++i) --kept;
  return std::string(name.substr(0, kept)) + "~" +
         hash_hex(std::as_bytes(std::span(name))).substr(0, kHashDigits);
}

}  // namespace

std::string suffix_of(std::string_view path) {
  const std::string_view name = file_name(path);
  std::string suffix(name.substr(suffix_start(name)));
  std::transform(suffix.begin(), suffix.end(), suffix.begin(), lower);
  return suffix;
}

bool has_picture_suffix(std::string_view path) {
  const std::string_view name = file_name(path);
  const std::string_view suffix = name.substr(suffix_start(name));
  const auto equals = [&](std::string_view known) {
    return std::equal(suffix.begin(), suffix.end(), known.begin(), known.end(),
                      [](char a, char b) { return lower(a) == b; });
  };
  return std::any_of(kPictureSuffixes.begin(), kPictureSuffixes.end(), equals);
}

std::string output_stem(std::string_view relative_path, NameStyle names) {
  const std::string_view whole = file_name(relative_path);
  std::string_view name = names == NameStyle::full ? whole : whole.substr(0, suffix_start(whole));
  if (name == "." || name == "..") name = whole;
  std::string stem(folder_part(relative_path));
  if (name.size() + kOutputSuffixBytes > kNameMaxBytes) {
    stem += shortened(name);
  } else {
    stem += name;
  }
  return stem;
}

}  // namespace segfleet
