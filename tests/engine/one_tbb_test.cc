// SPDX-License-Identifier: Apache-2.0
// Run with LD_LIBRARY_PATH naming a folder with another libtbb.so.12, which cannot even be loaded.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "engine/registry.h"

namespace segfleet {
namespace {

std::set<std::string> mapped_files(const std::string& part_of_name) {
  std::set<std::string> files;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const auto path = line.find('/');
        path != std::string::npos && line.find(part_of_name, path) != std::string::npos)
      files.insert(line.substr(path));
  return files;
}

TEST(OneTbb, TheEngineUsesTheOneOfOpenVinoWhateverLdLibraryPathSays) {
  ASSERT_NE(std::getenv("LD_LIBRARY_PATH"), nullptr);
  const auto factory = open_engine_factory("openvino");
  ASSERT_TRUE(factory.ok()) << factory.error().message;
  const auto tbb = mapped_files("/libtbb.so");
  ASSERT_EQ(tbb.size(), 1u) << testing::PrintToString(tbb);
  EXPECT_EQ(std::filesystem::path(*tbb.begin()).parent_path(),
            std::filesystem::canonical(SEGFLEET_OPENVINO_LIBS));
}

}  // namespace
}  // namespace segfleet
