// SPDX-License-Identifier: Apache-2.0
// Lists of inputs: one a line, as people and PaddleSeg write them.
// Thread-safety: free functions without shared state.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "io/source/file_facts.h"
#include "segfleet/error.h"

namespace segfleet {

// The lines of a list: LF or CRLF, a UTF-8 byte order mark is dropped, blank lines and lines that start with
// # too (a file of that name is written ./#name). The views borrow from `text`.
std::vector<std::string_view> list_lines(std::string_view text);

// What a line names: the whole line where that exists, so that spaces in names work, else its longest
// beginning before a blank that is a file ("my picture.jpg my label.png"). Where there is none, the shortest
// beginning that looks like a picture's name is the one that is missing, else the whole line. Relative to
// `folder`.
struct ListedInput {
  std::string name;  // as written
  std::string path;  // as it is opened
  Result<FileFacts> facts;
};
ListedInput resolve_line(const std::string& folder, std::string_view line);

// Where the output of a listed path goes, before its suffix is cut: the path relative to the list's folder,
// or, for a path outside of it, the whole absolute path without its first slash. `folder` is as
// absolute_text() gives it.
std::string relative_to_list(const std::string& folder, const std::string& path);

}  // namespace segfleet
