// SPDX-License-Identifier: Apache-2.0
#include "io/sink/output_layout.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <charconv>
#include <iterator>
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

// "a/b.tar.gz": ".gz", as std::filesystem::path::extension() has it, within `path`.
std::string_view extension_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name == "..") return {};
  return name.substr(dot);
}

std::string in_folder(const std::filesystem::path& folder) {
  return (folder / "").native();
}

}  // namespace

OutputLayout::OutputLayout(std::filesystem::path root, Layout layout)
    : root_(std::move(root)),
      layout_(layout),
      in_masks_(in_folder(masks())),
      in_overlays_(in_folder(overlays())),
      in_confidences_(in_folder(confidences())) {}

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

void OutputLayout::mask(std::string_view stem, std::string& path) const {
  path.assign(in_masks_).append(stem).append(".png");
}

void OutputLayout::overlay(std::string_view stem, std::string_view input, std::string& path) const {
  path.assign(in_overlays_).append(stem).append(overlay_suffix(input));
}

void OutputLayout::confidence(std::string_view stem, std::string& path) const {
  path.assign(in_confidences_).append(stem).append(".png");
}

std::filesystem::path OutputLayout::mask(std::string_view stem) const {
  std::string path;
  mask(stem, path);
  return path;
}

std::filesystem::path OutputLayout::overlay(std::string_view stem, std::string_view input) const {
  std::string path;
  overlay(stem, input, path);
  return path;
}

std::filesystem::path OutputLayout::confidence(std::string_view stem) const {
  std::string path;
  confidence(stem, path);
  return path;
}

std::string_view OutputLayout::overlay_suffix(std::string_view input) const {
  return layout_ == Layout::predict ? extension_of(input) : ".jpg";
}

std::optional<OverlayFormat> OutputLayout::overlay_format(std::string_view input) const {
  std::string suffix(overlay_suffix(input));
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

std::filesystem::path OutputLayout::temporary_for(std::string_view final_path, std::uint64_t number) {
  std::string path;
  temporary_for(final_path, number, path);
  return path;
}

void OutputLayout::temporary_for(std::string_view final_path, std::uint64_t number, std::string& path) {
  const std::size_t slash = final_path.rfind('/');
  path.assign(final_path.substr(0, slash == std::string_view::npos ? 0 : slash + 1));
  fmt::format_to(std::back_inserter(path), "{}{}-{}{}", kPrefix, ::getpid(), number, kSuffix);
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
