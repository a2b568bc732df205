// SPDX-License-Identifier: Apache-2.0
#include "worker/item.h"

#include <gtest/gtest.h>

#include "worker/lane_meter.h"
#include "worker/spare_list.h"

namespace segfleet {
namespace {

TEST(Item, AFailureNamesTheInputOnce) {
  Item item;
  item.begin({1, 1, "/in/a.jpg", "a"});
  item.fail(Stage::decode, {ErrorCode::input_corrupt, "bad marker"});
  EXPECT_EQ(item.outcome.error.message, "/in/a.jpg: bad marker");
  item.begin({1, 1, "/in/a.jpg", "a"});
  item.fail(Stage::read, {ErrorCode::not_found, "cannot open /in/a.jpg: gone"});
  EXPECT_EQ(item.outcome.error.message, "cannot open /in/a.jpg: gone");
}

TEST(Item, TheFirstFailureCounts) {
  Item item;
  item.begin({1, 1, "a", "a"});
  item.fail(Stage::decode, {ErrorCode::input_corrupt, "first"});
  item.fail(Stage::write, {ErrorCode::no_space, "second"});
  EXPECT_EQ(item.outcome.error.code, ErrorCode::input_corrupt);
  EXPECT_EQ(item.outcome.failed_stage, Stage::decode);
}

TEST(Item, NothingOfTheItemBeforeRemains) {
  Item item;
  item.begin({1, 1, "a", "a"});
  item.mask_png.resize(10);
  item.trace.push_back(ResizedFrom{{1, 1}});
  item.outcome.mask_hash = "x";
  item.fail(Stage::write, {ErrorCode::no_space, "full"});
  item.begin({2, 3, "b", "b"});
  EXPECT_FALSE(item.failed);
  EXPECT_TRUE(item.mask_png.empty());
  EXPECT_TRUE(item.trace.empty());
  EXPECT_TRUE(item.outcome.mask_hash.empty());
  EXPECT_EQ(item.outcome.id, 2u);
  EXPECT_EQ(item.outcome.attempt, 3u);
}

TEST(SpareList, AReturnedBufferIsLentAgain) {
  SpareList<Tensor> list;
  std::shared_ptr<Tensor> first = list.borrow();
  first->reset(ElementType::u8, {1000});
  const std::byte* memory = first->bytes();
  const std::shared_ptr<Tensor> other = list.borrow();
  EXPECT_NE(other.get(), first.get());
  first.reset();
  const std::shared_ptr<Tensor> again = list.borrow();
  again->reset(ElementType::u8, {500});
  EXPECT_EQ(again->bytes(), memory);
}

TEST(LaneMeter, ACallThatHasNotReturnedCounts) {
  LaneMeter meter;
  EXPECT_EQ(meter.times().busy_ns, 0);
  meter.enter(LaneState::busy);
  const std::int64_t start_ns = steady_now_ns();
  while (steady_now_ns() == start_ns) {
  }
  EXPECT_GT(meter.times().busy_ns, 0);
  EXPECT_EQ(meter.times().idle_ns, 0);
  meter.enter(LaneState::other);
  const std::int64_t busy_ns = meter.times().busy_ns;
  EXPECT_EQ(meter.times().busy_ns, busy_ns);
}

}  // namespace
}  // namespace segfleet
