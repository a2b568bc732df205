// SPDX-License-Identifier: Apache-2.0
// A folder tree of a test's own.
#pragma once
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "temp_folder.h"

namespace segfleet {

class Tree {
 public:
  // Makes a file and the folders above it; gives its full path.
  std::string file(const std::string& relative, const std::string& text = "x") const {
    const std::filesystem::path path = folder_.path() / relative;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.native();
  }
  std::string folder(const std::string& relative) const {
    std::filesystem::create_directories(folder_.path() / relative);
    return path(relative);
  }
  std::string fifo(const std::string& relative) const {
    ::mkfifo(path(relative).c_str(), 0600);
    return path(relative);
  }
  std::string link(const std::string& relative, const std::string& target) const {
    std::filesystem::create_symlink(target, folder_.path() / relative);
    return path(relative);
  }
  std::string path(const std::string& relative) const { return (folder_.path() / relative).native(); }
  const std::filesystem::path& root() const { return folder_.path(); }

 private:
  TempFolder folder_;
};

}  // namespace segfleet
