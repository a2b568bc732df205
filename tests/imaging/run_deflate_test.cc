// SPDX-License-Identifier: Apache-2.0
#include "imaging/encode/run_deflate.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <memory>
#include <random>
#include <utility>

namespace segfleet {
namespace {

using Bytes = std::vector<std::byte>;

// What another implementation reads, checksum and end included.
Bytes inflated(std::span<const std::byte> stream, std::size_t bytes) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> reader(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  Bytes result(bytes);
  EXPECT_EQ(
      libdeflate_zlib_decompress(reader.get(), stream.data(), stream.size(), result.data(), bytes, nullptr),
      LIBDEFLATE_SUCCESS);
  return result;
}

void add_run(Bytes& bytes, int value, std::size_t length) {
  bytes.insert(bytes.end(), length, std::byte(value));
}

class RunDeflate : public testing::Test {
 protected:
  void expect_round_trip(const Bytes& bytes) {
    const std::size_t size = deflater_.deflate(bytes, stream_);
    ASSERT_GT(size, 0u);
    EXPECT_EQ(inflated(std::span(stream_).first(size), bytes.size()), bytes);
  }

  RunDeflater deflater_;
  Bytes stream_;
};

TEST_F(RunDeflate, OneByteAndOneRun) {
  for (const std::size_t length : {1, 2, 3, 4, 258, 259, 260, 261, 262, 517, 100'000}) {
    SCOPED_TRACE(length);
    Bytes bytes;
    add_run(bytes, 200, length);
    expect_round_trip(bytes);
  }
}

TEST_F(RunDeflate, RunsOfEveryLength) {
  Bytes bytes;
  for (std::size_t length = 1; length < 1200; ++length)
    add_run(bytes, static_cast<int>(length % 251), length);
  expect_round_trip(bytes);
}

TEST_F(RunDeflate, EveryValueOften) {
  Bytes bytes;
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) add_run(bytes, static_cast<int>(random() % 256), 20 + random() % 60);
  expect_round_trip(bytes);
}

// Counts as Fibonacci's numbers make the longest codes: 24 of them would need 23 bits, deflate has 15.
TEST_F(RunDeflate, CodesAreHeldToTheirLimit) {
  Bytes bytes;
  std::size_t count = 1;
  std::size_t before = 1;
  for (int value = 0; value < 24; ++value) {
    for (std::size_t i = 0; i < count; ++i) {
      add_run(bytes, value, 40);
      add_run(bytes, 255, 40);
    }
    before = std::exchange(count, count + before);
  }
  expect_round_trip(bytes);
}

TEST_F(RunDeflate, ASmallerOneAfterALargeOneIsWhole) {
  Bytes large;
  for (int i = 0; i < 5000; ++i) add_run(large, i % 7, 50);
  expect_round_trip(large);
  Bytes small;
  add_run(small, 3, 40);
  expect_round_trip(small);
}

TEST_F(RunDeflate, RefusesWhatHasNoRuns) {
  Bytes noise(100'000);
  std::mt19937 random(1);
  for (std::byte& byte : noise) byte = std::byte(random());
  EXPECT_EQ(deflater_.deflate(noise, stream_), 0u);
  Bytes stripes;
  for (int i = 0; i < 20'000; ++i) add_run(stripes, i % 3, 5);
  EXPECT_EQ(deflater_.deflate(stripes, stream_), 0u);
}

}  // namespace
}  // namespace segfleet
