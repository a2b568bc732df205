// SPDX-License-Identifier: Apache-2.0
#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace segfleet {
namespace {

TEST(BoundedQueue, EveryPushedValueIsPoppedOnce) {
  BoundedQueue<int> queue(3);
  constexpr int kPerProducer = 2000;
  std::atomic<long> sum = 0;
  std::vector<std::thread> threads;
  for (int consumer = 0; consumer < 2; ++consumer)
    threads.emplace_back([&] {
      while (const auto value = queue.pop()) sum += *value;
    });
  std::vector<std::thread> producers;
  for (int producer = 0; producer < 2; ++producer)
    producers.emplace_back([&] {
      for (int value = 1; value <= kPerProducer; ++value) EXPECT_TRUE(queue.push(value));
    });
  for (auto& thread : producers) thread.join();
  queue.close();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sum, 2L * kPerProducer * (kPerProducer + 1) / 2);
}

TEST(BoundedQueue, CloseWakesAProducerThatWaitsForRoom) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1));
  std::thread producer([&] { EXPECT_FALSE(queue.push(2)); });
  queue.close();
  producer.join();
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, PopAlikeTakesWhatIsLikeTheOldestAndLeavesTheRestInOrder) {
  BoundedQueue<int> queue(10);
  for (const int value : {1, 2, 3, 4, 5, 7}) queue.push(value);
  const auto same_parity = [](int a, int b) { return a % 2 == b % 2; };
  EXPECT_EQ(queue.pop_alike(3, same_parity), (std::vector<int>{1, 3, 5}));
  EXPECT_EQ(queue.pop_alike(3, same_parity), (std::vector<int>{2, 4}));
  EXPECT_EQ(queue.pop_alike(3, same_parity), (std::vector<int>{7}));
  queue.close();
  EXPECT_TRUE(queue.pop_alike(3, same_parity).empty());
}

TEST(BoundedQueue, PopSomeTakesAtMostTheLimitInOrder) {
  BoundedQueue<int> queue(8);
  for (int value = 0; value < 5; ++value) ASSERT_TRUE(queue.push(value));
  EXPECT_EQ(queue.pop_some(3), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(queue.pop_some(3), (std::vector<int>{3, 4}));
}

}  // namespace
}  // namespace segfleet
