// SPDX-License-Identifier: Apache-2.0
// Where items come from: files, folders, globs, lists. The list is made once, before any worker starts, so that
// name collisions are found before anything is computed.
#pragma once
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/options.h"

namespace segfleet {

struct SourceItem {
  std::string input;          // path as the worker opens it
  std::string stem;           // output path without suffix, relative, no ".." in it
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;
};

// A path that was named or found but cannot become a picture: it is reported as a failed item, not dropped.
struct SourceFailure {
  std::string input;
  std::string stem;
  Error error;
};

struct SourceList {
  std::vector<SourceItem> items;        // in the order given; folders in natural order
  std::vector<SourceFailure> failures;
  std::vector<std::string> notes;       // "3 files skipped in pictures/: not a picture suffix (.txt, .md)"
};

// Folders: recursive, natural order (img2 before img10), hidden names skipped, symlink loops visited once,
// suffixes .jpg .jpeg .png .bmp .webp .tif .tiff in any case. Files named explicitly or in a list: any suffix.
// `standard_input` serves "-". Errors: not_found (a path, a glob without a match), invalid_argument (nothing found:
// says where it looked), output_conflict (lists the first pairs and names --names full).
Result<SourceList> list_sources(const std::vector<std::string>& inputs, NameStyle names,
                                std::istream& standard_input);

bool natural_less(std::string_view a, std::string_view b);

}  // namespace segfleet
