// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/device_spec.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

TEST(DeviceSpec, AKindMayHaveDigitsAndUnderscores) {
  const auto words = parse_device_spec("intel_hpu:0,1-2, card2, sim*64,metax_gpu");
  ASSERT_TRUE(words.ok()) << words.error().message;
  ASSERT_EQ(words->size(), 5u);
  EXPECT_EQ(words->at(0).kind, "intel_hpu");
  EXPECT_EQ(words->at(0).numbers, std::vector<int>{0});
  EXPECT_EQ(words->at(1).kind, "intel_hpu");
  EXPECT_EQ(words->at(1).numbers, (std::vector<int>{1, 2}));
  EXPECT_EQ(words->at(2).kind, "card2");
  EXPECT_TRUE(words->at(2).numbers.empty());
  EXPECT_EQ(words->at(3).kind, "sim");
  EXPECT_EQ(words->at(3).count, 64);
  EXPECT_EQ(words->at(4).kind, "metax_gpu");
}

TEST(DeviceSpec, AKindBeginsWithASmallLetter) {
  for (const std::string spec : {"_hpu", "1hpu", "Intel_hpu", "intel-hpu", "intel_hpu+0", "gpu:0,1hpu"}) {
    const auto words = parse_device_spec(spec);
    ASSERT_FALSE(words.ok()) << spec;
    EXPECT_EQ(words.error().code, ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace segfleet
