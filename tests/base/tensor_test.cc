// SPDX-License-Identifier: Apache-2.0
#include "segfleet/tensor.h"

#include <gtest/gtest.h>

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
