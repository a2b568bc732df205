// SPDX-License-Identifier: Apache-2.0
// The one place that knows the names in an output folder. Shared by the workers, who write, and by the
// coordinator. Thread-safety: a value.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace segfleet {

class OutputLayout {
 public:
  explicit OutputLayout(std::filesystem::path root) : root_(std::move(root)) {}
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path masks() const { return root_ / "masks"; }
  std::filesystem::path overlays() const { return root_ / "overlays"; }
  std::filesystem::path confidences() const { return root_ / "confidence"; }
  std::filesystem::path mask(const std::string& stem) const { return masks() / (stem + ".png"); }
  std::filesystem::path overlay(const std::string& stem) const { return overlays() / (stem + ".jpg"); }
  std::filesystem::path confidence(const std::string& stem) const { return confidences() / (stem + ".png"); }
  std::filesystem::path ledger() const { return root_ / "ledger.sqlite"; }
  std::filesystem::path summary() const { return root_ / "summary.json"; }
  std::filesystem::path lock() const { return root_ / ".segfleet.lock"; }

  // A name in the same folder as `final_path` that no final name can have and
  // that fits 255 bytes: ".segfleet-<pid>-<number>.tmp".
  static std::filesystem::path temporary_for(const std::filesystem::path& final_path, std::uint64_t number);
  static bool is_temporary(const std::filesystem::path& path);

 private:
  std::filesystem::path root_;
};

}  // namespace segfleet
