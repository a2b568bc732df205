// SPDX-License-Identifier: Apache-2.0
#include "worker/batch_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace segfleet {
namespace {

ItemPtr item_of(ItemId id, std::int64_t height) {
  auto item = std::make_unique<Item>();
  item->leased.id = id;
  item->input = std::make_shared<Tensor>(ElementType::f32, Shape{1, 3, height, 8});
  return item;
}

std::vector<ItemPtr> popped(BatchQueue& queue, std::size_t limit) {
  std::vector<ItemPtr> batch;
  queue.pop(limit, batch);
  return batch;
}

std::vector<ItemId> ids(const std::vector<ItemPtr>& items) {
  std::vector<ItemId> result;
  for (const ItemPtr& item : items) result.push_back(item->leased.id);
  return result;
}

TEST(BatchQueue, GroupsEqualShapesAndKeepsTheOrderOfTheRest) {
  BatchQueue queue(10);
  queue.push(item_of(1, 8));
  queue.push(item_of(2, 16));
  queue.push(item_of(3, 8));
  queue.push(item_of(4, 16));
  queue.push(item_of(5, 8));
  EXPECT_EQ(ids(popped(queue, 4)), (std::vector<ItemId>{1, 3, 5}));
  EXPECT_EQ(ids(popped(queue, 4)), (std::vector<ItemId>{2, 4}));
}

TEST(BatchQueue, GivesNoMoreThanTheLimit) {
  BatchQueue queue(10);
  for (ItemId id = 1; id <= 5; ++id) queue.push(item_of(id, 8));
  EXPECT_EQ(ids(popped(queue, 2)), (std::vector<ItemId>{1, 2}));
  EXPECT_EQ(ids(popped(queue, 1)), (std::vector<ItemId>{3}));
  EXPECT_EQ(queue.size(), 2u);
}

TEST(BatchQueue, DoesNotWaitForAFullBatch) {
  BatchQueue queue(10);
  queue.push(item_of(1, 8));
  EXPECT_EQ(popped(queue, 8).size(), 1u);
}

TEST(BatchQueue, TheOldestItemIsNeverStarvedByAnotherShape) {
  BatchQueue queue(10);
  queue.push(item_of(1, 8));
  queue.push(item_of(2, 16));
  for (ItemId id = 3; id <= 6; ++id) queue.push(item_of(id, 8));
  EXPECT_EQ(ids(popped(queue, 2)), (std::vector<ItemId>{1, 3}));
  EXPECT_EQ(ids(popped(queue, 2)), (std::vector<ItemId>{2}));
}

TEST(BatchQueue, ClosedQueueGivesWhatIsInsideAndThenNothing) {
  BatchQueue queue(10);
  queue.push(item_of(1, 8));
  queue.close();
  EXPECT_EQ(popped(queue, 8).size(), 1u);
  EXPECT_TRUE(popped(queue, 8).empty());
}

TEST(BatchQueue, CloseWakesThoseWhoWait) {
  BatchQueue queue(10);
  std::thread waiting([&] { EXPECT_TRUE(popped(queue, 8).empty()); });
  queue.close();
  waiting.join();
}

TEST(BatchQueue, AFullQueueHoldsItsProducersBack) {
  BatchQueue queue(2);
  std::thread producer([&] {
    for (ItemId id = 1; id <= 50; ++id) queue.push(item_of(id, 8));
    queue.close();
  });
  ItemId next = 1;
  while (true) {
    EXPECT_LE(queue.size(), 2u);
    const std::vector<ItemPtr> batch = popped(queue, 1);
    if (batch.empty()) break;
    EXPECT_EQ(batch[0]->leased.id, next++);
  }
  EXPECT_EQ(next, 51u);
  producer.join();
}

}  // namespace
}  // namespace segfleet
