// SPDX-License-Identifier: Apache-2.0
#include "report/facts/lane_time.h"

#include <gtest/gtest.h>

#include <map>

namespace segfleet {
namespace {

// Lane-microseconds of each use. Fails where the pieces leave a gap or do not add up to the lanes.
std::map<LaneUse, std::int64_t> uses_of(const std::vector<ItemSpan>& items, std::int64_t lanes,
                                        std::int64_t from_us, std::int64_t to_us,
                                        std::int64_t more_until_us = 0) {
  std::map<LaneUse, std::int64_t> uses;
  std::map<std::int64_t, std::int64_t> lanes_at;
  std::int64_t at = from_us;
  lane_time(items, lanes, from_us, to_us, more_until_us,
            [&](std::int64_t from, std::int64_t to, LaneUse use, std::int64_t count) {
              EXPECT_TRUE(from == at || lanes_at.contains(from)) << from;
              lanes_at[from] += count;
              at = to;
              uses[use] += (to - from) * count;
            });
  EXPECT_EQ(at, to_us);
  for (const auto& [from, count] : lanes_at) EXPECT_EQ(count, lanes) << from;
  return uses;
}

using Uses = std::map<LaneUse, std::int64_t>;

TEST(LaneTime, AWorkerWithoutItemsHasNoItem) {
  EXPECT_EQ(uses_of({}, 2, 10, 110), (Uses{{LaneUse::no_item, 200}}));
}

TEST(LaneTime, ASlowDecoderIsSeenAsWaitingForInput) {
  // Decoding from 0 to 80, computing from 80 to 100, twice.
  const std::vector<ItemSpan> items = {{1, 80, 80, 100, 100, 120}, {81, 180, 180, 200, 200, 220}};
  EXPECT_EQ(uses_of(items, 1, 1, 200), (Uses{{LaneUse::busy, 40}, {LaneUse::input, 159}}));
}

TEST(LaneTime, ResultsThatPileUpAreSeenAsHeldUpByOutput) {
  // The second was prepared long ago; the first waits from 20 to 90 for its turn to be restored.
  const std::vector<ItemSpan> items = {{1, 5, 10, 20, 90, 120}, {1, 8, 90, 100, 100, 130}};
  const Uses uses = uses_of(items, 1, 10, 100);
  EXPECT_EQ(uses.at(LaneUse::output), 70);
  EXPECT_EQ(uses.at(LaneUse::busy), 20);
}

TEST(LaneTime, AWorkerThatOnlyWritesIsHeldUpByOutputWhileThereIsMore) {
  const std::vector<ItemSpan> items = {{1, 5, 5, 20, 20, 100}};
  EXPECT_EQ(uses_of(items, 1, 20, 100, 60), (Uses{{LaneUse::output, 40}, {LaneUse::no_item, 40}}));
}

TEST(LaneTime, AnItemBetweenThreadsIsHandover) {
  const std::vector<ItemSpan> items = {{1, 10, 15, 50, 50, 60}};
  EXPECT_EQ(uses_of(items, 1, 10, 50), (Uses{{LaneUse::handover, 5}, {LaneUse::busy, 35}}));
}

TEST(LaneTime, ABatchTakesOneLane) {
  const std::vector<ItemSpan> items = {
      {1, 5, 10, 50, 50, 60}, {1, 6, 10, 50, 55, 60}, {1, 7, 10, 50, 58, 60}};
  const Uses uses = uses_of(items, 2, 10, 50);
  EXPECT_EQ(uses.at(LaneUse::busy), 40);
  EXPECT_EQ(uses.at(LaneUse::no_item), 40);
}

TEST(LaneTime, AnItemThatFailedToDecodeWasWaitedFor) {
  ItemRecord item;
  item.moments_us = {10, 0, 0, 0, 0, 40};
  item.stage_us[static_cast<std::size_t>(Stage::decode)] = 30;
  EXPECT_EQ(uses_of({span_of(item)}, 1, 10, 50), (Uses{{LaneUse::input, 30}, {LaneUse::no_item, 10}}));
}

TEST(LaneTime, StageTimesThatExceedTheMomentsAreCut) {
  ItemRecord item;
  item.moments_us = {10, 30, 40, 40, 45, 50};
  item.stage_us = {20, 20, 20, 0, 10, 1, 1, 1};
  EXPECT_EQ(span_of(item).prepared_us, 30);
}

}  // namespace
}  // namespace segfleet
