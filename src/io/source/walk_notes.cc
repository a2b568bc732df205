// SPDX-License-Identifier: Apache-2.0
#include "io/source/walk_notes.h"

#include <fmt/format.h>

#include "io/source/path_text.h"

namespace segfleet {
namespace {

constexpr std::size_t kSuffixesShown = 5;

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string skipped_note(const std::string& folder, const FolderWalk& walk) {
  std::size_t count = 0;
  std::string suffixes;
  std::size_t shown = 0;
  for (const auto& [suffix, files] : walk.skipped) {
    count += files;
    if (shown == kSuffixesShown) suffixes += ", ...";
    if (shown++ < kSuffixesShown) suffixes += (suffixes.empty() ? "" : ", ") + suffix;
  }
  return fmt::format("{} skipped in {}: not a picture suffix ({})", plural(count, "file", "files"), folder,
                     suffixes);
}

}  // namespace

void append_walk_notes(const std::string& folder, const FolderWalk& walk, std::vector<std::string>& notes) {
  if (!walk.skipped.empty()) notes.push_back(skipped_note(folder, walk));
  if (!walk.closed_links.empty())
    notes.push_back(fmt::format("{} skipped in {}: the folder is listed under its own name (first: {})",
                                plural(walk.closed_links.size(), "link", "links"), folder,
                                walk.closed_links.front()));
  for (const std::string& relative : walk.excluded)
    notes.push_back(fmt::format("{} skipped: this run writes there", join(folder, relative)));
}

}  // namespace segfleet
