// SPDX-License-Identifier: Apache-2.0
// Makes folders and remembers which ones have yet to be fsynced. Thread-safety: one thread at a time; several
// objects, also of other processes, may make one folder.
#pragma once
#include <set>
#include <string>
#include <unordered_set>

#include "segfleet/error.h"

namespace segfleet {

class FolderMaker {
 public:
  // Makes `folder` and what is missing above it. The first time that a folder is asked for, the one above it
  // must be fsynced whoever made it: another process may have made it a moment ago and not have come to that
  // yet. Errors: not_found (a part is no folder), permission_denied, no_space, io_error.
  Status make(const std::string& folder);
  // Forgets that `folder` is there, after it turned out to be gone.
  void forget(const std::string& folder);
  // Folders above made ones that nobody fsynced yet. Clears the list.
  std::set<std::string> take_unsynced();

 private:
  Status make_missing(const std::string& folder);

  std::unordered_set<std::string> known_;
  std::set<std::string> unsynced_;
};

}  // namespace segfleet
