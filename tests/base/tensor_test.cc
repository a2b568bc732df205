// SPDX-License-Identifier: Apache-2.0
#include "segfleet/tensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <utility>

namespace segfleet {
namespace {

TEST(Tensor, ResetKeepsALargeEnoughAllocation) {
  Tensor tensor(ElementType::f32, {2, 3, 4});
  const std::byte* memory = tensor.bytes();
  tensor.reset(ElementType::u8, {5, 5});
  EXPECT_EQ(tensor.bytes(), memory);
  EXPECT_EQ(tensor.size_bytes(), 25u);
  EXPECT_EQ(tensor.type(), ElementType::u8);
}

TEST(Tensor, MemoryIsAlignedTo64Bytes) {
  const Tensor tensor(ElementType::u8, {7});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.bytes()) % 64, 0u);
}

// Gives `room` once, then nothing more; counts how often it was asked.
struct Source {
  std::shared_ptr<std::byte> room;
  int asked = 0;
  MemorySource get() {
    return [this](std::size_t) {
      ++asked;
      return std::exchange(room, nullptr);
    };
  }
};

TEST(Tensor, LiesInTheMemoryOfItsSourceAndAsksAgainOnlyWhileItGrows) {
  alignas(64) std::array<std::byte, 128> room{};
  bool is_held = true;
  Source source{{room.data(), [&](std::byte*) { is_held = false; }}};
  Tensor tensor(source.get());
  tensor.reset(ElementType::u8, {128});
  EXPECT_EQ(tensor.bytes(), room.data());
  tensor.reset(ElementType::u8, {64});
  EXPECT_EQ(tensor.bytes(), room.data());
  EXPECT_EQ(source.asked, 1);
  EXPECT_TRUE(is_held);
  tensor.reset(ElementType::u8, {129});
  EXPECT_EQ(source.asked, 2);
  EXPECT_FALSE(is_held) << "what is too small is let go";
}

TEST(Tensor, ASourceThatHasNothingLeavesItToTheHeap) {
  Source source;
  Tensor tensor(source.get());
  tensor.reset(ElementType::u8, {100});
  ASSERT_NE(tensor.bytes(), nullptr);
  std::fill_n(tensor.bytes(), 100, std::byte{7});
  EXPECT_EQ(source.asked, 1);
}

TEST(Tensor, WhereItsMemoryFailedItDoesNotPassForWhatItWas) {
  bool empty = false;
  Tensor tensor([&](std::size_t bytes) -> std::shared_ptr<std::byte> {
    if (empty) throw std::bad_alloc();
    return {new std::byte[bytes], [](std::byte* p) { delete[] p; }};
  });
  tensor.reset(ElementType::f32, {1, 3, 4, 4});
  empty = true;
  EXPECT_THROW(tensor.reset(ElementType::f32, {1, 3, 8, 8}), std::bad_alloc);
  EXPECT_NE(tensor.shape(), (Shape{1, 3, 4, 4}));
  EXPECT_EQ(tensor.size_bytes(), 0u);
}

TEST(Shape, OpenExtentsPrintAsQuestionMarks) {
  EXPECT_EQ(to_string(Shape{-1, 3, 512, 1024}), "?x3x512x1024");
}

TEST(Shape, ExtentsCanBeAddedAndTakenOut) {
  Shape shape{1, 5, 9};
  shape.push_back(11);
  shape.erase(1);
  EXPECT_EQ(shape, (Shape{1, 9, 11}));
  shape.pop_back();
  EXPECT_EQ(shape, (Shape{1, 9}));
  EXPECT_FALSE(shape == (Shape{1, 9, 11}));
}

TEST(Shape, MoreThanEightExtentsAreRefused) {
  EXPECT_NO_THROW((Shape{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_THROW((Shape{1, 2, 3, 4, 5, 6, 7, 8, 9}), std::length_error);
}

}  // namespace
}  // namespace segfleet
