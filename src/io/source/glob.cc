// SPDX-License-Identifier: Apache-2.0
#include "io/source/glob.h"

#include <dirent.h>
#include <fnmatch.h>

#include <algorithm>
#include <optional>

#include "io/source/folder_entries.h"
#include "io/source/path_text.h"
#include "io/source/source.h"

namespace segfleet {
namespace {

constexpr std::string_view kAnyFolders = "**";

std::vector<std::string> components_of(std::string_view path) {
  std::vector<std::string> components;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) components.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return components;
}

class Expansion {
 public:
  Expansion(const std::string& pattern, const FileIdSet& excluded, StopPoll stop)
      : excluded_(excluded), stop_(stop) {
    const std::size_t literal = pattern.substr(0, pattern.find_first_of("*?[")).rfind('/') + 1;
    matches_.root = pattern.substr(0, literal);
    components_ = components_of(std::string_view(pattern).substr(literal));
    if (components_.back() == kAnyFolders) components_.emplace_back("*");
    files_only_ = std::find(components_.begin(), components_.end(), kAnyFolders) != components_.end();
  }

  GlobMatches expand() {
    std::vector<std::string> paths{""};
    for (std::size_t i = 0; i < components_.size(); ++i) {
      std::vector<std::string> next;
      for (const std::string& path : paths) step(path, components_[i], i + 1 == components_.size(), next);
      paths = std::move(next);
    }
    std::sort(paths.begin(), paths.end(), natural_less);
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    matches_.relative = std::move(paths);
    return std::move(matches_);
  }

 private:
  void step(const std::string& path, const std::string& component, bool last,
            std::vector<std::string>& next) {
    if (stop_.wanted()) return;
    if (component == kAnyFolders) {
      add_folders_below(path, next);
    } else if (!has_wildcard(component)) {
      const std::string joined = join(path, component);
      if (fits(joined, last)) next.push_back(joined);
    } else {
      const auto entries = entries_of(path, component.front() == '.');
      if (!entries) return;
      for (const FolderEntry& entry : *entries) {
        if (::fnmatch(component.c_str(), entry.name.c_str(), FNM_PERIOD | FNM_NOESCAPE) != 0) continue;
        std::string joined = join(path, entry.name);
        const bool surely_file = last && entry.type == DT_REG;
        if (surely_file || fits(joined, last)) next.push_back(std::move(joined));
      }
    }
  }

  // A name before the last must be a folder;
  // the last may be anything, broken links too, which are reported later.
  bool fits(const std::string& relative, bool last) const {
    const Result<FileFacts> facts = facts_of(join(matches_.root, relative));
    const bool is_folder = facts && facts->kind == FileKind::folder;
    if (!last) return is_folder;
    return !(is_folder && files_only_) &&
           (facts || facts.error().code != ErrorCode::not_found || is_link(relative));
  }

  bool is_link(const std::string& relative) const {
    std::error_code ignored;
    return std::filesystem::is_symlink(join(matches_.root, relative), ignored);
  }

  // Nothing where the folder is not to be entered or cannot be read; the latter is a failure.
  std::optional<std::vector<FolderEntry>> entries_of(const std::string& path, bool hidden_too) {
    const std::string full = join(matches_.root, path);
    Result<OpenFolder> folder =
        open_folder(full.empty() ? "." : full, hidden_too ? HiddenNames::listed : HiddenNames::skipped);
    if (!folder) {
      // What is not there is no match; what cannot be read may hold one.
      if (folder.error().code != ErrorCode::not_found) matches_.failures.push_back({path, folder.error()});
      return std::nullopt;
    }
    if (excluded_.contains(folder->id)) return std::nullopt;
    return std::move(folder->entries);
  }

  void add_folders_below(const std::string& path, std::vector<std::string>& next) {
    std::vector<std::string> waiting{path};
    while (!waiting.empty() && !stop_.wanted()) {
      const std::string folder = std::move(waiting.back());
      waiting.pop_back();
      const auto entries = entries_of(folder, false);
      if (!entries) continue;
      next.push_back(folder);
      for (const FolderEntry& entry : *entries) {
        std::string joined = join(folder, entry.name);
        if (entry.type == DT_DIR || (entry.type == DT_UNKNOWN && !is_link(joined) && fits(joined, false)))
          waiting.push_back(std::move(joined));
      }
    }
  }

  const FileIdSet& excluded_;
  StopPoll stop_;
  GlobMatches matches_;
  std::vector<std::string> components_;
  bool files_only_ = false;
};

}  // namespace

bool has_wildcard(std::string_view path) {
  return path.find_first_of("*?[") != std::string_view::npos;
}

GlobMatches expand_glob(const std::string& pattern, const FileIdSet& excluded, StopPoll stop) {
  return Expansion(pattern, excluded, stop).expand();
}

}  // namespace segfleet
