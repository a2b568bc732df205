// SPDX-License-Identifier: Apache-2.0
// On a real card, where one is; skipped elsewhere. Prints how far off its pixels are.
#include <gtest/gtest.h>

#include <cstdio>

#include "imaging/nvjpeg/parity_gate.h"

namespace segfleet {
namespace {

TEST(NvjpegOnACard, PassesItsGate) {
  const auto nvjpeg = Nvjpeg::open(nvjpeg_libraries({}));
  if (!nvjpeg.ok()) GTEST_SKIP() << nvjpeg.error().message;
  const Result<std::string> passed = pass_parity_gate(**nvjpeg);
  ASSERT_TRUE(passed.ok()) << passed.error().message;
  std::puts(passed->c_str());
}

}  // namespace
}  // namespace segfleet
