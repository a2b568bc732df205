// SPDX-License-Identifier: Apache-2.0
#include "base/running_program.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

TEST(RunningProgram, IsTheFileOfThisTestByItsWholePath) {
  const auto program = running_program();
  ASSERT_TRUE(program.ok()) << program.error().message;
  EXPECT_TRUE(program->is_absolute());
  EXPECT_EQ(program->filename(), "base_test");
}

TEST(RunningProgram, IsWhereThisCodeLiesUnlessALibraryHoldsIt) {
  const auto file = own_file();
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(*file, *running_program());
}

}  // namespace
}  // namespace segfleet
