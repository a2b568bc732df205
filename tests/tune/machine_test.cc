// SPDX-License-Identifier: Apache-2.0
#include "tune/machine.h"

#include <gtest/gtest.h>

#include "fake_machine.h"

namespace segfleet {
namespace {

TEST(Machine, IsReadFromProcAndSys) {
  FakeMachine fake;
  fake.write("proc/cpuinfo", "processor\t: 0\nmodel name\t: AMD EPYC 7763\n\nprocessor\t: 1\n");
  fake.write("proc/meminfo", "MemTotal:       24576000 kB\nMemFree: 1 kB");
  fake.write("proc/driver/nvidia/gpus/0000:18:00.0/information", "Model: \t\t NVIDIA H100\nIRQ: 1");
  fake.write("dev/dri/renderD128", "");
  fake.write("sys/class/drm/renderD128/device/vendor", "0x10de");
  fake.write("dev/dri/renderD129", "");
  fake.write("sys/class/drm/renderD129/device/vendor", "0x8086");
  fake.write("sys/class/drm/renderD129/device/device", "0x56a0");
  const Machine machine = this_machine(fake.root());
  EXPECT_EQ(machine.cpu, "AMD EPYC 7763");
  EXPECT_EQ(machine.memory_bytes, 24576000ULL * 1024);
  EXPECT_EQ(machine.accelerators, (std::vector<std::string>{"NVIDIA H100", "PCI 0x8086:0x56a0"}))
      << "a card is named once";
}

TEST(Machine, OfWhichNothingIsKnownIsAMachineAllTheSame) {
  FakeMachine fake;
  const Machine machine = this_machine(fake.root());
  EXPECT_EQ(machine.cpu, "unknown");
  EXPECT_FALSE(machine.cores.empty());
}

TEST(MachineDifferences, AreNamedEach) {
  const Machine there{"AMD", "0-3", 64ULL << 30U, {"NVIDIA H100"}};
  const Machine here{"Intel", "0-1", 16ULL << 30U, {}};
  const auto found = differences(there, here);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0], "AMD there, Intel here");
  EXPECT_EQ(found[1], "4 cores (0-3) there, 2 cores (0-1) here");
  EXPECT_EQ(found[2], "64.0 GiB of memory there, 16.0 GiB here");
  EXPECT_EQ(found[3], "accelerators there: NVIDIA H100, here: none");
}

TEST(MachineDifferences, AKernelsShareOfTheMemoryIsNone) {
  EXPECT_TRUE(differences({"AMD", "0", 1000, {}}, {"AMD", "0", 970, {}}).empty());
  EXPECT_EQ(differences({"AMD", "0", 1000, {}}, {"AMD", "0", 940, {}}).size(), 1u);
}

}  // namespace
}  // namespace segfleet
