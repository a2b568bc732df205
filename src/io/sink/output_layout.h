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
  explicit OutputLayout(std::filesystem::path root, Layout layout = Layout::segfleet);
  Layout layout() const { return layout_; }
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path masks() const;
  std::filesystem::path overlays() const;
  std::filesystem::path confidences() const { return root_ / "confidence"; }
  std::filesystem::path mask(std::string_view stem) const;
  // `input`: whose suffix it gets with Layout::predict.
  std::filesystem::path overlay(std::string_view stem, std::string_view input = {}) const;
  std::filesystem::path confidence(std::string_view stem) const;
  // The same into `path`, in the memory that it has: for every picture.
  void mask(std::string_view stem, std::string& path) const;
  void overlay(std::string_view stem, std::string_view input, std::string& path) const;
  void confidence(std::string_view stem, std::string& path) const;
  std::string_view overlay_suffix(std::string_view input) const;
  // By that suffix, in any case; nothing where no overlay can be written under it.
  std::optional<OverlayFormat> overlay_format(std::string_view input) const;
  // Those that hold results, in which inputs are not looked for. With Layout::infer that is the root.
  std::vector<std::filesystem::path> result_folders() const;
  std::filesystem::path ledger() const { return root_ / "ledger.sqlite"; }
  std::filesystem::path summary() const { return root_ / "summary.json"; }
  std::filesystem::path lock() const { return root_ / ".segfleet.lock"; }
  std::filesystem::path control() const { return root_ / ".segfleet.socket"; }

  // A name in the same folder as `final_path` that no final name can have and
  // that fits 255 bytes: ".segfleet-<pid>-<number>.tmp".
  static std::filesystem::path temporary_for(std::string_view final_path, std::uint64_t number);
  static void temporary_for(std::string_view final_path, std::uint64_t number, std::string& path);
  static bool is_temporary(const std::filesystem::path& path);

 private:
  std::filesystem::path root_;
  Layout layout_;
  // The folders' names, to which a file's is added.
  std::string in_masks_;
  std::string in_overlays_;
  std::string in_confidences_;
};

}  // namespace segfleet
