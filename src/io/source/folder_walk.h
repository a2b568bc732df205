// SPDX-License-Identifier: Apache-2.0
// The pictures below one folder. Thread-safety: free functions without shared state.
#pragma once
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "io/source/file_facts.h"
#include "io/source/stop_poll.h"
#include "segfleet/error.h"

namespace segfleet {

using FileIdSet = std::unordered_set<FileId, FileIdHash>;

struct WalkedFile {
  std::string relative;  // to the folder
  FileFacts facts;
};
struct WalkFailure {
  std::string relative;
  Error error;
};

struct FolderWalk {
  std::vector<WalkedFile> files;  // natural order
  std::vector<WalkFailure>
      failures;  // unreadable sub-folders, broken links, FIFOs ... with a picture's suffix
  std::map<std::string, std::size_t> skipped;  // suffix or kind -> how many
  std::vector<std::string> closed_links;       // links to folders that are listed under another name
  std::vector<std::string> excluded;           // folders left out because the caller said so
};

// Every folder below is read once: real folders first, then linked ones that were not met yet. Hidden names
// are passed over, nothing but folders is opened. It ends early, with what it has, when `stop` is wanted.
// Errors: `folder` itself cannot be read.
Result<FolderWalk> walk_folder(const std::string& folder, const FileIdSet& excluded, StopPoll stop);

}  // namespace segfleet
