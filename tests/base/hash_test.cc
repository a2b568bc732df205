// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <gtest/gtest.h>

#include <fstream>

#include "temp_folder.h"

namespace segfleet {
namespace {

TEST(Hasher, IsXxh3WithItsPublishedValueForTheEmptyInput) {
  EXPECT_EQ(Hasher().hex_digest(), "99aa06d3014798d86001c324468d497f");
}

TEST(Hasher, StreamingAFileEqualsHashingItsBytes) {
  const TempFolder folder;
  const std::vector<std::byte> bytes(3'000'000, std::byte{7});
  std::ofstream(folder.path() / "x") << std::string(3'000'000, '\7');
  Hasher hasher;
  ASSERT_TRUE(hasher.update_from_file(folder.path() / "x").ok());
  EXPECT_EQ(hasher.hex_digest(), hash_hex(bytes));
}

}  // namespace
}  // namespace segfleet
