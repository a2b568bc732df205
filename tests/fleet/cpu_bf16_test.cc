// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/cpu_bf16.h"

#include <gtest/gtest.h>

#include "fake_machine.h"

namespace segfleet {
namespace {

TEST(CpuBf16, IsToldByTheProcessorsFlags) {
  FakeMachine fake;
  EXPECT_FALSE(has_bf16(fake.root()));
  fake.write("proc/cpuinfo", "processor\t: 0\nflags\t\t: sse avx512_bf16\n\nprocessor\t: 1\n");
  EXPECT_TRUE(has_bf16(fake.root()));
  fake.write("proc/cpuinfo", "processor\t: 0\nFeatures\t: fp asimd bf16\n");
  EXPECT_TRUE(has_bf16(fake.root()));
}

TEST(CpuBf16, AnotherFlagIsNotBf16) {
  FakeMachine fake;
  fake.write("proc/cpuinfo", "model name\t: amx_bf16 \nflags\t\t: sse avx512_bf16x\n");
  EXPECT_FALSE(has_bf16(fake.root()));
}

}  // namespace
}  // namespace segfleet
