// SPDX-License-Identifier: Apache-2.0
// Wildcards that no shell expanded. Thread-safety: free functions without shared state.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "io/source/folder_walk.h"
#include "segfleet/error.h"

namespace segfleet {

bool has_wildcard(std::string_view path);  // holds one of * ? [

struct GlobMatches {
  std::string root;  // the folder before the first wildcard, with its slash; empty: the current folder
  std::vector<std::string> relative;  // to root, natural order, each once
  std::vector<WalkFailure> failures;  // folders that could not be read
};

// * ? [...] within one name, ** for any number of folders. Hidden names match only a pattern that starts
// with a dot; ** follows no links; a backslash is an ordinary byte. With **, only files match: their folders
// would give them twice. `excluded` folders are not entered. It ends early, with what it has, when `stop` is
// wanted.
GlobMatches expand_glob(const std::string& pattern, const FileIdSet& excluded, StopPoll stop = {});

}  // namespace segfleet
