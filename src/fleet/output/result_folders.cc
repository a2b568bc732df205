// SPDX-License-Identifier: Apache-2.0
#include "fleet/output/result_folders.h"

#include <cerrno>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "base/errno_error.h"
#include "io/sink/folder_maker.h"
#include "io/sink/fsync_team.h"

namespace segfleet {
namespace {

// "a/b" of "a/b/c", "" of "c". The views are of `items`.
std::set<std::string_view> folders_of_stems(const std::vector<SourceItem>& items,
                                            const std::vector<Ledger::Entry>& rows) {
  std::set<std::string_view> folders;
  std::string_view last;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (rows[i].done) continue;
    const std::string_view stem = items[i].stem;
    const std::size_t slash = stem.rfind('/');
    const std::string_view folder =
        slash == std::string_view::npos ? std::string_view() : stem.substr(0, slash);
    if (folder == last && !folders.empty()) continue;  // a list goes from folder to folder
    folders.insert(last = folder);
  }
  return folders;
}

}  // namespace

Status make_result_folders(const OutputLayout& layout, const OutputFiles& files,
                           const std::vector<SourceItem>& items, const std::vector<Ledger::Entry>& rows) {
  std::vector<std::filesystem::path> roots;
  if (files.mask) roots.push_back(layout.masks());
  if (files.overlay) roots.push_back(layout.overlays());
  if (files.confidence) roots.push_back(layout.confidences());
  FolderMaker maker;
  for (const std::string_view folder : folders_of_stems(items, rows))
    for (const std::filesystem::path& root : roots)
      (void)maker.make(folder.empty() ? root.native() : (root / folder).native()).ok();
  const std::set<std::string> unsynced = maker.take_unsynced();
  const std::vector<std::string_view> above(unsynced.begin(), unsynced.end());
  std::vector<int> error_numbers;
  FsyncTeam().sync_folders(above, error_numbers);
  // One that we may pass through but not read was not changed by us either.
  for (std::size_t i = 0; i < above.size(); ++i)
    if (error_numbers[i] != 0 && error_numbers[i] != EACCES)
      return errno_error(error_numbers[i], fmt::format("cannot sync the folder {}", above[i]));
  return {};
}

}  // namespace segfleet
