// SPDX-License-Identifier: Apache-2.0
// Where items come from: files, folders, globs, lists. The list is made once, before any worker starts, so
// that name collisions are found before anything is computed. Thread-safety: plain data and free functions
// without shared state.
#pragma once
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "io/sink/output_layout.h"
#include "io/source/stop_poll.h"
#include "segfleet/error.h"
#include "segfleet/options.h"

namespace segfleet {

struct SourceItem {
  std::string input;  // path as the worker opens it: as it was named, so relative to the current folder
  std::string stem;   // output path without suffix, relative, no ".." in it
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
  std::vector<SourceItem> items;  // in the order given; folders in natural order
  std::vector<SourceFailure> failures;
  std::vector<std::string> notes;  // "3 files skipped in pictures/: not a picture suffix (.txt, .md)"
};

// What an input may be:
//  - a file, with any suffix;
//  - a folder: all pictures below it (.jpg .jpeg .png .bmp .webp .tif .tiff in any case), natural order
//    (img2 before img10), hidden names skipped, linked folders followed, each folder read once;
//  - a glob (glob.h), where no file has that very name: matched folders are walked; matched files need
//    a picture suffix unless the pattern ends in a suffix of its own ("*.dat");
//  - "@list.txt" (a file of that name is written ./@list.txt), or "-" for a list on `standard_input`: see
//    input_list.h. Names are relative to the list's folder, on standard input to the current folder. An entry
//    that is missing or no file is a failure of that item alone.
// A file that is named twice is taken once. FIFOs, sockets and devices are never opened.
//
// Where outputs go (stem, then output_stem.h cuts the suffix):
//  - a file: its name;
//  - one folder, or one glob (the folder before its first wildcard): the path below that folder;
//  - several of those: the path below the deepest folder that holds them all, so that `--input A B` gives
//    A/x and B/x;
//  - a list: relative_to_list() of input_list.h.
//
// `output`: the run's output folder, or an empty path. Its result_folders() are never entered; to name one
// of them or a file in them is invalid_argument, to list such a file is a failure, since the run would
// overwrite it. With Layout::infer names are flat: the path's last part alone.
//
// Errors: not_found (a path, a glob without a match), invalid_argument (nothing found: says where it looked),
// with Layout::predict also a suffix under which no overlay can be written;
// permission_denied or io_error (a named folder or list cannot be read), output_conflict (lists the first
// pairs and the mend), interrupted (`stop` was wanted meanwhile).
Result<SourceList> list_sources(const std::vector<std::string>& inputs, NameStyle names,
                                std::istream& standard_input, const OutputLayout& output = OutputLayout({}),
                                StopPoll stop = {});

// Digit runs compare as numbers of any length, a slash comes before all other bytes, the rest are bytes. A
// strict weak order in which only equal names are equivalent.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace segfleet
