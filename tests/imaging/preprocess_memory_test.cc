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

TEST(PreprocessorMemory, NothingIsAllocatedForAPictureLikeTheLast) {
  Preprocessor preprocessor(
      {ResizeByShort{40}, Normalize{}, Resize{{33, 21}}, Padding{{50, 50}}, Normalize{}});
  const Image image{{60, 50}, std::vector<std::uint8_t>(9000, 7)};
  Tensor output;
  Trace trace;
  ASSERT_TRUE(preprocessor.run(image, output, trace).ok());
  const int before = allocations;
  ASSERT_TRUE(preprocessor.run(image, output, trace).ok());
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace segfleet
