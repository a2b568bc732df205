// SPDX-License-Identifier: Apache-2.0
// What a walk passed over, in words. Thread-safety: free function without shared state.
#pragma once
#include <string>
#include <vector>

#include "io/source/folder_walk.h"

namespace segfleet {

// "3 files skipped in pictures: not a picture suffix (.md, .txt)" and the like;
// nothing where nothing was skipped.
void append_walk_notes(const std::string& folder, const FolderWalk& walk, std::vector<std::string>& notes);

}  // namespace segfleet
