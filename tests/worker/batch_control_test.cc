// SPDX-License-Identifier: Apache-2.0
#include "worker/batch_control.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

MemoryWatch watch_of(ReadMemory read) {
  MemoryWatch watch({}, std::move(read), 1);
  watch.loaded();
  return watch;
}

TEST(BatchControl, TheFirstCallHasOneItemWhereMemoryIsMeasured) {
  // An engine whose memory does not grow with the batch, as one with a pool of its own.
  BatchControl control({.largest = 8}, watch_of([] { return DeviceMemory{100, 900, 1000}; }), "gpu:0", {});
  EXPECT_EQ(control.limit(), 1U);
  control.ran(0, 1, 1.0, 1000);
  EXPECT_EQ(control.limit(), 8U);
}

TEST(BatchControl, TheFirstCallIsFullWhereNothingIsMeasured) {
  const BatchControl control({.largest = 8}, watch_of([] { return std::optional<DeviceMemory>(); }), "gpu:0",
                             {});
  EXPECT_EQ(control.limit(), 8U);
}

}  // namespace
}  // namespace segfleet
