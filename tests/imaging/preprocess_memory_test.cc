// SPDX-License-Identifier: Apache-2.0
// A program of its own: it counts every operator new of the process.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "imaging/preprocess/preprocess.h"

namespace {
std::atomic<int> allocations{0};
}

// Not inlined: the compiler would take the free() of a new for a mistake.
__attribute__((noinline)) void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void* memory) noexcept {
  std::free(memory);
}
__attribute__((noinline)) void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace segfleet {
namespace {

int allocations_for_a_second_picture(std::vector<Transform> transforms) {
  Preprocessor preprocessor(std::move(transforms));
  const Image image{{60, 50}, std::vector<std::uint8_t>(9000, 7)};
  Tensor output;
  Trace trace;
  EXPECT_TRUE(preprocessor.run(image, output, trace).ok());
  const int before = allocations;
  EXPECT_TRUE(preprocessor.run(image, output, trace).ok());
  return allocations - before;
}

TEST(PreprocessorMemory, NothingIsAllocatedForAPictureLikeTheLast) {
  EXPECT_EQ(allocations_for_a_second_picture(
                {ResizeByShort{40}, Normalize{}, Resize{{33, 21}}, Padding{{50, 50}}, Normalize{}}),
            0);
}

TEST(PreprocessorMemory, NoInterpolationAllocatesForAPictureLikeTheLast) {
  for (const Interpolation interpolation :
       {Interpolation::nearest, Interpolation::linear, Interpolation::cubic, Interpolation::area,
        Interpolation::lanczos4})
    for (const Size target : {Size{33, 21}, Size{30, 25}, Size{70, 20}})
      EXPECT_EQ(allocations_for_a_second_picture({Resize{target, false, 0, interpolation}}), 0)
          << static_cast<int>(interpolation) << " to " << target.width << "x" << target.height;
}

}  // namespace
}  // namespace segfleet
