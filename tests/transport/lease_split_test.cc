// SPDX-License-Identifier: Apache-2.0
#include "transport/lease_split.h"

#include <gtest/gtest.h>

#include <climits>

namespace segfleet {
namespace {

std::vector<LeasedItem> items_of(std::size_t count, std::size_t name_bytes) {
  std::vector<LeasedItem> items;
  for (std::size_t i = 0; i < count; ++i)
    items.push_back({~ItemId{0} - i, ~0u, std::string(name_bytes, 'a'), std::string(name_bytes, 'b')});
  return items;
}

void expect_all_fit_in_order(const std::vector<Lease>& leases, std::size_t count) {
  ItemId next = ~ItemId{0};
  for (const Lease& lease : leases) {
    EXPECT_FALSE(lease.items.empty());
    EXPECT_LE(encode(lease).size(), kMaxMessageBytes);
    for (const LeasedItem& item : lease.items) EXPECT_EQ(item.id, next--);
  }
  EXPECT_EQ(~ItemId{0} - next, count);
}

TEST(SplitLease, LongestPathsFitTheMessages) {
  const auto leases = split_lease(items_of(100, 4096));
  expect_all_fit_in_order(leases, 100);
  EXPECT_EQ(leases[0].items.size(), 7u);  // filled, not one message an item
}

TEST(SplitLease, ManyShortNamesFitTheMessages) {
  const auto leases = split_lease(items_of(10'000, 3));
  expect_all_fit_in_order(leases, 10'000);
  EXPECT_LT(leases.size(), 15u);
}

TEST(SplitLease, PicturesInTheArenaFitTheMessages) {
  std::vector<LeasedItem> items = items_of(2000, 3);
  for (LeasedItem& item : items)
    item.picture = ArenaPicture{~0ULL, ~0ULL, {INT_MAX, INT_MAX}, ~0ULL, ~0ULL, ~0ULL};
  expect_all_fit_in_order(split_lease(std::move(items)), 2000);
}

TEST(SplitLease, NothingGivesNoMessage) {
  EXPECT_TRUE(split_lease({}).empty());
}

TEST(SplitLease, AnItemOverTheLimitStandsAlone) {
  std::vector<LeasedItem> items = items_of(3, 10);
  items[1].input.assign(2 * kMaxMessageBytes, 'x');
  const auto leases = split_lease(std::move(items));
  ASSERT_EQ(leases.size(), 3u);
  EXPECT_EQ(leases[1].items.size(), 1u);
}

}  // namespace
}  // namespace segfleet
