// SPDX-License-Identifier: Apache-2.0
#include "engine/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace segfleet {
namespace {

std::filesystem::path program_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

// An engine file of this test's own, beside the program.
class FakeEngineFile {
 public:
  FakeEngineFile() {
    path_ = program_folder() / ("libsegfleet_engine_" + name() + ".so");
    std::ofstream(path_) << "this is no shared object";
  }
  ~FakeEngineFile() { std::filesystem::remove(path_); }
  static std::string name() { return "fake_" + std::to_string(::getpid()); }

 private:
  std::filesystem::path path_;
};

TEST(Registry, ListsTheEnginesBesideTheProgram) {
  const auto names = installed_engines();
  EXPECT_NE(std::ranges::find(names, "openvino"), names.end());
  EXPECT_NE(std::ranges::find(names, "simulated"), names.end());
  EXPECT_TRUE(std::ranges::is_sorted(names));
}

TEST(Registry, OpensAnEngineTwiceAsTheSameFactory) {
  const auto first = open_engine_factory("simulated");
  const auto second = open_engine_factory("simulated");
  ASSERT_TRUE(first.ok()) << first.error().message;
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(*first, *second);
}

TEST(Registry, AnEngineThatIsNotInstalledIsNamedWithThoseThatAre) {
  const auto factory = open_engine_factory("nosuch");
  ASSERT_FALSE(factory.ok());
  EXPECT_EQ(factory.error().code, ErrorCode::engine_unavailable);
  EXPECT_NE(factory.error().message.find("'nosuch' is not installed"), std::string::npos);
  EXPECT_NE(factory.error().message.find("openvino"), std::string::npos);
  EXPECT_NE(factory.error().message.find(program_folder().string()), std::string::npos);
}

TEST(Registry, ANameThatCouldLeaveTheFolderIsRefused) {
  for (const char* name : {"", "../evil", "OpenVINO", "a b", "a.so"}) {
    const auto factory = open_engine_factory(name);
    ASSERT_FALSE(factory.ok()) << name;
    EXPECT_EQ(factory.error().code, ErrorCode::invalid_argument) << name;
  }
}

TEST(Registry, AFileThatIsNoSharedObjectGivesTheLoadersReason) {
  const FakeEngineFile file;
  const auto factory = open_engine_factory(FakeEngineFile::name());
  ASSERT_FALSE(factory.ok());
  EXPECT_EQ(factory.error().code, ErrorCode::engine_unavailable);
  EXPECT_NE(factory.error().message.find("cannot be opened"), std::string::npos);
}

}  // namespace
}  // namespace segfleet
