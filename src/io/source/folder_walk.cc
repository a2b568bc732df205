// SPDX-License-Identifier: Apache-2.0
#include "io/source/folder_walk.h"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "io/source/folder_entries.h"
#include "io/source/output_stem.h"
#include "io/source/path_text.h"
#include "io/source/source.h"

namespace segfleet {
namespace {

constexpr std::size_t kEntriesPerPoll = 64;  // a poll costs as much as the look at a file

struct NaturalOrder {
  bool operator()(const std::string& a, const std::string& b) const { return natural_less(a, b); }
};

class Walker {
 public:
  Walker(const std::string& folder, const FileIdSet& excluded, StopPoll stop)
      : root_(folder), excluded_(excluded), stop_(stop) {}

  Result<FolderWalk> walk() {
    SEGFLEET_RETURN_IF_ERROR(visit("", false));
    while ((!folders_.empty() || !links_.empty()) && !stop_.wanted()) {
      // Real folders first, so that what has a name of its own is not listed under a link's.
      const bool is_link = folders_.empty();
      const std::string relative = is_link ? take_link() : take_folder();
      if (Status status = visit(relative, is_link); !status.ok())
        walk_.failures.push_back({relative, status.error()});
    }
    std::sort(walk_.files.begin(), walk_.files.end(),
              [](const WalkedFile& a, const WalkedFile& b) { return natural_less(a.relative, b.relative); });
    return std::move(walk_);
  }

 private:
  std::string take_folder() {
    std::string name = std::move(folders_.back());
    folders_.pop_back();
    return name;
  }
  std::string take_link() { return std::move(links_.extract(links_.begin()).value()); }

  Status visit(const std::string& relative, bool is_link) {
    Result<OpenFolder> folder = open_folder(join(root_, relative));
    if (!folder) return folder.error();
    if (excluded_.contains(folder->id)) {
      walk_.excluded.push_back(relative);
    } else if (visited_.insert(folder->id).second) {
      for (const FolderEntry& entry : folder->entries) {
        if (++looked_at_ % kEntriesPerPoll == 0 && stop_.wanted()) break;
        add(*folder, join(relative, entry.name), entry);
      }
    } else if (is_link) {
      walk_.closed_links.push_back(relative);
    }
    return {};
  }

  void add(const OpenFolder& folder, std::string relative, const FolderEntry& entry) {
    if (entry.type == DT_DIR) {
      folders_.push_back(std::move(relative));
    } else if (entry.type == DT_REG && !has_picture_suffix(entry.name)) {
      skip(suffix_of(entry.name));  // without a stat
    } else {
      look_at(folder, std::move(relative), entry);
    }
  }

  void look_at(const OpenFolder& folder, std::string relative, const FolderEntry& entry) {
    const Result<FileFacts> facts = facts_at(folder.fd.get(), entry.name.c_str(), join(root_, relative));
    if (facts && facts->kind == FileKind::folder) {
      if (entry.type == DT_LNK) {
        links_.insert(std::move(relative));
      } else {
        folders_.push_back(std::move(relative));
      }
    } else if (!has_picture_suffix(entry.name)) {
      const bool is_file = facts && facts->kind == FileKind::file;
      skip(is_file ? suffix_of(entry.name) : std::string(facts ? facts->kind_name : "broken link"));
    } else if (!facts) {
      walk_.failures.push_back({std::move(relative), facts.error()});
    } else if (facts->kind == FileKind::other) {
      Error error{ErrorCode::input_unreadable,
                  fmt::format("{} is a {}, not a picture file", join(root_, relative), facts->kind_name)};
      walk_.failures.push_back({std::move(relative), std::move(error)});
    } else {
      walk_.files.push_back({std::move(relative), *facts});
    }
  }

  void skip(const std::string& why) { ++walk_.skipped[why.empty() ? "no suffix" : why]; }

  const std::string& root_;
  const FileIdSet& excluded_;
  StopPoll stop_;
  FolderWalk walk_;
  std::size_t looked_at_ = 0;
  FileIdSet visited_;
  std::vector<std::string> folders_;           // relative paths still to be read
  std::set<std::string, NaturalOrder> links_;  // the same, reached by a symbolic link
};

}  // namespace

Result<FolderWalk> walk_folder(const std::string& folder, const FileIdSet& excluded, StopPoll stop) {
  return Walker(folder, excluded, stop).walk();
}

}  // namespace segfleet
