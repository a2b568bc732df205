// SPDX-License-Identifier: Apache-2.0
#include "fleet/device_changes.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

const std::vector<int> kCores{0, 1, 2, 3};
const std::vector<EngineDevice> kFound{{"gpu:0", "Card"}, {"gpu:1", "Card"}, {"gpu:2", "Card"}};

template <typename Devices>
std::string names(const Result<Devices>& devices) {
  if (!devices.ok()) return std::string(name_of(devices.error().code)) + ": " + devices.error().message;
  std::string text;
  for (const auto& device : *devices) text += (text.empty() ? "" : " ") + device.name;
  return text;
}

std::string added(const std::string& spec, const std::vector<RunDevice>& present) {
  return names(devices_to_add(spec, present, kCores, kFound));
}
std::string removed(const std::string& spec, const std::vector<RunDevice>& present) {
  return names(devices_to_remove(spec, present));
}

TEST(DevicesToAdd, AreThoseOfTheSpecAlone) {
  EXPECT_EQ(added("gpu:1-2", {{0, "gpu:0"}}), "gpu:1 gpu:2");
  EXPECT_EQ(added("cpu:2-3", {{0, "cpu:0-1"}, {1, "gpu:0"}}), "cpu:2-3");
  EXPECT_EQ(added("sim*2", {}), "sim:0 sim:1");
}

TEST(DevicesToAdd, ACardGetsNoCoreThatACpuDeviceOfTheRunHas) {
  const Result<std::vector<Device>> devices = devices_to_add("gpu:0", {{0, "cpu:0-1"}}, kCores, kFound);
  ASSERT_TRUE(devices.ok());
  EXPECT_EQ(devices->at(0).cores, (std::vector{2, 3}));
}

TEST(DevicesToAdd, OneThatRunsOrStillLeavesIsRefused) {
  EXPECT_EQ(added("gpu:1,0", {{0, "gpu:0"}}), "invalid_argument: gpu:0 runs already");
  EXPECT_NE(added("gpu:0", {{0, "gpu:0", true}}).find("still finishes what it holds"), std::string::npos);
  EXPECT_NE(added("cpu:1-2", {{0, "cpu:0-1"}}).find("would share core 1"), std::string::npos);
}

TEST(DevicesToAdd, AnUnknownOneIsToldWithThoseThatExistAndWithoutAnOptionThatNobodyWrote) {
  const std::string text = added("gpu:7", {{0, "gpu:0"}});
  EXPECT_TRUE(text.starts_with("device_unknown: gpu:7 is not on this machine")) << text;
  EXPECT_NE(text.find("gpu:1 (Card)"), std::string::npos) << text;
}

TEST(DevicesToRemove, AreNamedOneByOneOrByKind) {
  const std::vector<RunDevice> present{
      {0, "cpu:0-1"}, {1, "cpu:2-3"}, {2, "gpu:0"}, {3, "gpu:1"}, {4, "gpu:2", true}};
  EXPECT_EQ(removed("gpu:0,1", present), "gpu:0 gpu:1");
  EXPECT_EQ(removed("gpu", present), "gpu:0 gpu:1");
  EXPECT_EQ(removed("gpu:1,gpu", present), "gpu:1 gpu:0");
  EXPECT_EQ(removed("cpu:3+2", present), "cpu:2-3");
  EXPECT_EQ(removed("cpu", present), "cpu:0-1 cpu:2-3");
}

TEST(DevicesToRemove, OneWithoutAPartIsToldWithThoseThatHaveOne) {
  EXPECT_EQ(removed("gpu:2", {{0, "gpu:0"}, {4, "gpu:2", true}}),
            "device_unknown: gpu:2 has no part in this run; it runs on gpu:0");
  EXPECT_EQ(removed("xpu", {}), "device_unknown: xpu has no part in this run; it has no device now");
  EXPECT_TRUE(removed("auto", {{0, "gpu:0"}}).starts_with("invalid_argument"));
}

}  // namespace
}  // namespace segfleet
