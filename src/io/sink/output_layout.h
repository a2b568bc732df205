// SPDX-License-Identifier: Apache-2.0
// The one place that knows the names in an output folder. Shared by the workers, who write, and by the
// coordinator. Thread-safety: a value.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "segfleet/options.h"

namespace segfleet {

enum class OverlayFormat { jpeg, png, bmp };

std::string_view name_of(Layout layout);  // "infer"
std::optional<Layout> layout_from_name(std::string_view name);

class OutputLayout {
 public:
  explicit OutputLayout(std::filesystem::path root, Layout layout = Layout::segfleet)
      : root_(std::move(root)), layout_(layout) {}
  Layout layout() const { return layout_; }
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path masks() const;
  std::filesystem::path overlays() const;
  std::filesystem::path confidences() const { return root_ / "confidence"; }
  std::filesystem::path mask(const std::string& stem) const { return masks() / (stem + ".png"); }
  // `input`: whose suffix it gets with Layout::predict.
  std::filesystem::path overlay(const std::string& stem, const std::string& input = {}) const {
    return overlays() / (stem + overlay_suffix(input));
  }
  std::string overlay_suffix(const std::string& input) const;
  // By that suffix, in any case; nothing where no overlay can be written under it.
  std::optional<OverlayFormat> overlay_format(const std::string& input) const;
  std::filesystem::path confidence(const std::string& stem) const { return confidences() / (stem + ".png"); }
  // Those that hold results, in which inputs are not looked for. With Layout::infer that is the root.
  std::vector<std::filesystem::path> result_folders() const;
  std::filesystem::path ledger() const { return root_ / "ledger.sqlite"; }
  std::filesystem::path summary() const { return root_ / "summary.json"; }
  std::filesystem::path lock() const { return root_ / ".segfleet.lock"; }
  std::filesystem::path control() const { return root_ / ".segfleet.socket"; }

  // A name in the same folder as `final_path` that no final name can have and
  // that fits 255 bytes: ".segfleet-<pid>-<number>.tmp".
  static std::filesystem::path temporary_for(const std::filesystem::path& final_path, std::uint64_t number);
  static bool is_temporary(const std::filesystem::path& path);

 private:
  std::filesystem::path root_;
  Layout layout_;
};

}  // namespace segfleet
