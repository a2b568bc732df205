// SPDX-License-Identifier: Apache-2.0
// A /proc and /sys of a machine that is not there.
#pragma once
#include <filesystem>
#include <fstream>
#include <string>

#include "temp_folder.h"

namespace segfleet {

class FakeMachine {
 public:
  const std::filesystem::path& root() const { return folder_.path(); }
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path full = root() / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text << '\n';
  }
  void siblings(int core, const std::string& list) {
    write("sys/devices/system/cpu/cpu" + std::to_string(core) + "/topology/thread_siblings_list", list);
  }
  void node(int number, const std::string& list) {
    write("sys/devices/system/node/node" + std::to_string(number) + "/cpulist", list);
  }

 private:
  TempFolder folder_;
};

}  // namespace segfleet
