// SPDX-License-Identifier: Apache-2.0
// Paths as text: bytes, never decoded, links not resolved.
// Thread-safety: free functions without shared state.
#pragma once
#include <string>
#include <string_view>

namespace segfleet {

// "a" + "b" = "a/b", "a/" + "b" = "a/b", "" + "b" = "b"; an absolute second part stands alone.
std::string join(std::string_view folder, std::string_view name);

// Absolute, without "." and "..", doubled or closing slashes: "/a/b". The root folder is "/".
std::string absolute_text(std::string_view path);

// absolute_text() of many paths: the current folder is asked for once.
class AbsolutePaths {
 public:
  std::string operator()(std::string_view path) const { return absolute_text(join(current_folder_, path)); }

 private:
  std::string current_folder_ = absolute_text(".");
};

// What follows `folder` in `path`, both as absolute_text() gives them; empty where path is not below folder.
std::string_view below(std::string_view folder, std::string_view path);

// The deepest folder that holds both, both as absolute_text() gives them; a folder holds itself.
std::string common_folder(std::string_view a, std::string_view b);

std::string_view file_name(std::string_view path);    // after the last slash
std::string_view folder_part(std::string_view path);  // before file_name(): empty or with its closing slash

}  // namespace segfleet
