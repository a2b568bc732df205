// SPDX-License-Identifier: Apache-2.0
#include "segfleet/error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/errno_error.h"

namespace segfleet {
namespace {

TEST(ErrorCode, EveryCodeHasANameThatFindsItAgain) {
  for (int number = 1; number <= 27; ++number) {
    const auto code = static_cast<ErrorCode>(number);
    EXPECT_EQ(error_code_from_name(name_of(code)), code) << number;
  }
  EXPECT_EQ(name_of(static_cast<ErrorCode>(28)), "unknown");
  EXPECT_EQ(error_code_from_name("no_such_code"), std::nullopt);
}

TEST(ErrorCode, NumbersStoredInLedgersStay) {
  EXPECT_EQ(static_cast<int>(ErrorCode::invalid_argument), 1);
  EXPECT_EQ(static_cast<int>(ErrorCode::input_truncated), 9);
  EXPECT_EQ(static_cast<int>(ErrorCode::worker_crashed), 18);
  EXPECT_EQ(static_cast<int>(ErrorCode::internal), 26);
  EXPECT_EQ(static_cast<int>(ErrorCode::too_many_failures), 27);
}

TEST(ErrnoError, FullDiskIsNoSpaceAndNamesTheAction) {
  const Error error = errno_error(ENOSPC, "cannot write /out/a.png");
  EXPECT_EQ(error.code, ErrorCode::no_space);
  EXPECT_EQ(error.message, "cannot write /out/a.png: No space left on device");
}

Status forwards(Status status) {
  SEGFLEET_RETURN_IF_ERROR(status);
  return {};
}

TEST(Status, ReturnIfErrorForwardsTheError) {
  EXPECT_TRUE(forwards({}).ok());
  EXPECT_EQ(forwards(Error{ErrorCode::no_space, "x"}).error().code, ErrorCode::no_space);
}

}  // namespace
}  // namespace segfleet
