// SPDX-License-Identifier: Apache-2.0
#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <string>
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
  std::vector<int> taken;
  for (const std::vector<int>& expected : {std::vector{1, 3, 5}, std::vector{2, 4}, std::vector{7}}) {
    queue.pop_alike(3, same_parity, taken);
    EXPECT_EQ(taken, expected);
  }
  queue.close();
  queue.pop_alike(3, same_parity, taken);
  EXPECT_TRUE(taken.empty());
}

TEST(BoundedQueue, PopSomeTakesAtMostTheLimitInOrder) {
  BoundedQueue<int> queue(8);
  for (int value = 0; value < 5; ++value) ASSERT_TRUE(queue.push(value));
  std::vector<int> taken;
  for (const std::vector<int>& expected : {std::vector{0, 1, 2}, std::vector{3, 4}}) {
    queue.pop_some(3, taken);
    EXPECT_EQ(taken, expected);
  }
}

TEST(BoundedQueue, CopiesGoIntoTheMemoryThatWasLeft) {
  BoundedQueue<std::string> queue(std::numeric_limits<std::size_t>::max());
  std::string taken(100, 'x');
  const char* memory = taken.data();
  ASSERT_TRUE(queue.push_copy("first"));
  ASSERT_TRUE(queue.pop(taken));
  EXPECT_EQ(taken, "first");
  for (int i = 0; i < 15; ++i) queue.push_copy("between"), queue.pop(taken);  // once around
  ASSERT_TRUE(queue.push_copy(std::string(90, 'y')));
  ASSERT_TRUE(queue.pop(taken));
  EXPECT_EQ(taken, std::string(90, 'y'));
  EXPECT_EQ(taken.data(), memory);
  queue.close();
  EXPECT_FALSE(queue.pop(taken));
  EXPECT_FALSE(queue.push_copy("late"));
}

}  // namespace
}  // namespace segfleet
