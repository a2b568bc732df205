// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/device_files.h"

#include <gtest/gtest.h>

#include "fake_machine.h"

namespace segfleet {
namespace {

TEST(DeviceFiles, MachineWithoutAcceleratorsHasNone) {
  const FakeMachine machine;
  EXPECT_FALSE(find_device_files(machine.root()).any());
}

TEST(DeviceFiles, RenderNodesAreListedInOrderAndNothingElseOfTheirFolder) {
  FakeMachine machine;
  for (const char* name : {"renderD129", "card0", "renderD128"})
    machine.write(std::string("dev/dri/") + name, "");
  const DeviceFiles files = find_device_files(machine.root());
  const std::vector<std::filesystem::path> nodes{machine.root() / "dev/dri/renderD128",
                                                 machine.root() / "dev/dri/renderD129"};
  EXPECT_EQ(files.render_nodes, nodes);
  EXPECT_TRUE(files.any());
  EXPECT_FALSE(files.nvidia || files.npu);
}

TEST(DeviceFiles, NvidiaCardsAndNpusCountAsWell) {
  for (const char* name : {"nvidia0", "nvidia3", "nvidia15"}) {
    FakeMachine nvidia;
    nvidia.write(std::string("dev/") + name, "");
    EXPECT_TRUE(find_device_files(nvidia.root()).nvidia) << name;
  }
  FakeMachine npu;
  npu.write("dev/accel/accel0", "");
  EXPECT_TRUE(find_device_files(npu.root()).npu);
  for (const char* name :
       {"davinci0", "davinci7", "cambricon_dev0", "cambricon_dev2", "xpu0", "xpu1", "gcu0", "gcu5", "kfd"}) {
    FakeMachine other;
    other.write(std::string("dev/") + name, "");
    EXPECT_TRUE(find_device_files(other.root()).any()) << name;
  }
}

TEST(DeviceFiles, OnWslTheDriversLibraryTellsWhoseCardItIs) {
  FakeMachine machine;
  machine.write("dev/dxg", "");
  EXPECT_TRUE(find_device_files(machine.root()).any());
  EXPECT_FALSE(find_device_files(machine.root()).nvidia);
  machine.write("usr/lib/wsl/lib/libcuda.so.1", "");
  EXPECT_TRUE(find_device_files(machine.root()).nvidia);
}

TEST(DeviceFiles, ADriversFilesWithoutACardAreNoCard) {
  FakeMachine machine;
  for (const char* name :
       {"nvidiactl", "nvidia-uvm", "nvidia", "nvidia0x", "davinci_manager", "xpuctrl", "gcu"})
    machine.write(std::string("dev/") + name, "");
  EXPECT_FALSE(find_device_files(machine.root()).any());
}

TEST(AcceleratorsWanted, OnlyWhereTheWordsMayMeanThemAndTheMachineMayHaveThem) {
  FakeMachine machine;
  for (const char* words : {"auto", "gpu", "gpu:0,1", "cpu,gpu:0", "npu:0"})
    EXPECT_FALSE(accelerators_wanted(words, machine.root())) << words;
  machine.write("dev/dri/renderD128", "");
  for (const char* words : {"auto", "gpu", "gpu:0,1", "cpu,gpu:0", "cpu, gpu:0", "npu:0"})
    EXPECT_TRUE(accelerators_wanted(words, machine.root())) << words;
  for (const char* words : {"cpu", "cpu:0-3,4", "cpu*2", "sim:0,1", "", "gpu:", "auto,cpu"})
    EXPECT_FALSE(accelerators_wanted(words, machine.root())) << words;
}

}  // namespace
}  // namespace segfleet
