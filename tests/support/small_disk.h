// SPDX-License-Identifier: Apache-2.0
// A file system of a few pages, mounted on a folder of this test's own.
// mounted() is false where that is not permitted.
#pragma once
#include <sys/mount.h>

#include <filesystem>
#include <string>

#include "temp_folder.h"

namespace segfleet {

class SmallDisk {
 public:
  explicit SmallDisk(const std::string& options)
      : mounted_(::mount("segfleet-test", folder_.path().c_str(), "tmpfs", 0, options.c_str()) == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }
  bool make_read_only() const {
    return ::mount("", folder_.path().c_str(), "", MS_REMOUNT | MS_RDONLY, "") == 0;
  }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TempFolder folder_;
  bool mounted_;
};

}  // namespace segfleet
