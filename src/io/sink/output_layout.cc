// SPDX-License-Identifier: Apache-2.0
#include "io/sink/output_layout.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <charconv>
#include <utility>

namespace segfleet {
namespace {

constexpr std::array kLayouts{std::pair{Layout::segfleet, std::string_view("segfleet")},
                              std::pair{Layout::infer, std::string_view("infer")},
                              std::pair{Layout::predict, std::string_view("predict")}};
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

std::string_view name_of(Layout layout) {
  return kLayouts[static_cast<std::size_t>(layout)].second;
}

std::optional<Layout> layout_from_name(std::string_view name) {
  for (const auto& [layout, word] : kLayouts)
    if (word == name) return layout;
  return std::nullopt;
}

std::filesystem::path OutputLayout::masks() const {
  if (layout_ == Layout::infer) return root_;
  return root_ / (layout_ == Layout::predict ? "pseudo_color_prediction" : "masks");
}

std::filesystem::path OutputLayout::overlays() const {
  return root_ / (layout_ == Layout::predict ? "added_prediction" : "overlays");
}

std::string OutputLayout::overlay_suffix(const std::string& input) const {
  return layout_ == Layout::predict ? std::filesystem::path(input).extension().native() : ".jpg";
}

std::optional<OverlayFormat> OutputLayout::overlay_format(const std::string& input) const {
  std::string suffix = overlay_suffix(input);
  for (char& c : suffix) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (suffix == ".jpg" || suffix == ".jpeg") return OverlayFormat::jpeg;
  if (suffix == ".png") return OverlayFormat::png;
  if (suffix == ".bmp") return OverlayFormat::bmp;
  return std::nullopt;
}

std::vector<std::filesystem::path> OutputLayout::result_folders() const {
  if (layout_ == Layout::infer) return {root_};
  if (layout_ == Layout::predict) return {masks(), overlays()};
  return {masks(), overlays(), confidences()};
}

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
