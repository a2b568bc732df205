// SPDX-License-Identifier: Apache-2.0
#include "base/byte_size.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

TEST(ByteSize, ReadsPlainBytesAndBothKindsOfUnits) {
  EXPECT_EQ(parse_byte_size("4096"), 4096u);
  EXPECT_EQ(parse_byte_size("12B"), 12u);
  EXPECT_EQ(parse_byte_size("512MiB"), 512ull << 20U);
  EXPECT_EQ(parse_byte_size("1.5 GiB"), 3ull << 29U);
  EXPECT_EQ(parse_byte_size("2GB"), 2'000'000'000u);
  EXPECT_EQ(parse_byte_size("0"), 0u);
}

TEST(ByteSize, RefusesWhatIsNoAmount) {
  for (const char* text : {"", "GiB", "-1", "-0.5GiB", "4 gib", "4G", "4GiBs", "1e9", "nan", "inf", "4TiB4",
                           "9999999999TiB", " 4", "0x10"})
    EXPECT_FALSE(parse_byte_size(text)) << text;
}

TEST(ByteSize, IsShownInTheLargestUnitThatFits) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(512ull << 20U), "512 MiB");
}

}  // namespace
}  // namespace segfleet
