// SPDX-License-Identifier: Apache-2.0
// NO CARD IS USED: see stand_in_card.h.
#include "imaging/nvjpeg/parity_gate.h"

#include <gtest/gtest.h>

#include "stand_in_card.h"

namespace segfleet {
namespace {

Result<std::string> gate() {
  const auto nvjpeg = open_stand_in();
  EXPECT_TRUE(nvjpeg.ok()) << nvjpeg.error().message;
  return pass_parity_gate(**nvjpeg);
}

void expect_refused(const std::string& said) {
  const Result<std::string> passed = gate();
  ASSERT_FALSE(passed.ok()) << said;
  EXPECT_EQ(passed.error().code, ErrorCode::engine_unavailable);
  EXPECT_NE(passed.error().message.find(said), std::string::npos) << passed.error().message;
  EXPECT_NE(passed.error().message.find("use --decode cpu"), std::string::npos) << passed.error().message;
}

TEST(ParityGate, PixelsOfTheCpuPass) {
  const Result<std::string> passed = gate();
  ASSERT_TRUE(passed.ok()) << passed.error().message;
  EXPECT_EQ(*passed,
            "nvJPEG 13.3.2 decodes the common JPEGs: on small ones its pixels are up to 0 grey levels "
            "(mean 0.00) away from the CPU's");
}

TEST(ParityGate, ALevelOfRoundingPasses) {
  const Told told("STAND_IN_NVJPEG_SHIFT", "1");
  const Result<std::string> passed = gate();
  ASSERT_TRUE(passed.ok()) << passed.error().message;
  EXPECT_NE(passed->find("up to 1 grey levels (mean 1.00)"), std::string::npos) << *passed;
}

TEST(ParityGate, AShiftOfAllPixelsIsRefusedByItsMean) {
  const Told told("STAND_IN_NVJPEG_SHIFT", "2");
  expect_refused("4:4:4 JPEG up to 2 grey levels (mean 2.00) away from libjpeg-turbo's, where 8 (mean 1)");
}

TEST(ParityGate, ALargeDifferenceIsTold) {
  const Told told("STAND_IN_NVJPEG_SHIFT", "30");
  expect_refused("up to 30 grey levels (mean 30.00)");
}

// As nvJPEG does before 12.1.
TEST(ParityGate, ChromaThatIsRepeatedIsRefused) {
  const Told told("STAND_IN_NVJPEG_VERSION", "12.0.1");
  expect_refused("nvJPEG 12.0.1 gives the pixels of a 4:2:2 JPEG up to");
}

TEST(ParityGate, ALibraryThatWillNotHaveACommonJpegIsRefused) {
  const Told told("STAND_IN_NVJPEG_STATUS", "4");
  expect_refused("does not decode a plain 4:4:4 JPEG");
}

TEST(ParityGate, AFailureIsTold) {
  const Told told("STAND_IN_CUDA", "cuMemAlloc_v2 2");
  const Result<std::string> passed = gate();
  ASSERT_FALSE(passed.ok());
  EXPECT_EQ(passed.error().code, ErrorCode::out_of_memory);
}

}  // namespace
}  // namespace segfleet
