// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/device.h"

#include <gtest/gtest.h>

#include <numeric>

#include "fake_machine.h"
#include "fleet/device/core_list.h"
#include "fleet/device/cpu_quota.h"
#include "fleet/device/cpu_topology.h"

namespace segfleet {
namespace {

using Names = std::vector<std::string>;

std::vector<int> cores(int count) {
  std::vector<int> result(static_cast<std::size_t>(count));
  std::iota(result.begin(), result.end(), 0);
  return result;
}

class Devices : public testing::Test {
 protected:
  Result<std::vector<Device>> parse(const std::string& spec, const std::vector<int>& allowed = cores(8)) {
    return parse_devices(spec, allowed, found_, machine_.root());
  }
  Names names(const std::string& spec, const std::vector<int>& allowed = cores(8)) {
    const auto devices = parse(spec, allowed);
    if (!devices) return {"error: " + devices.error().message};
    Names result;
    for (const Device& device : *devices) result.push_back(device.name);
    return result;
  }
  void expect_error(const std::string& spec, ErrorCode code, const std::vector<std::string>& parts) {
    const auto devices = parse(spec);
    ASSERT_FALSE(devices.ok()) << spec;
    EXPECT_EQ(devices.error().code, code) << spec;
    for (const std::string& part : parts)
      EXPECT_NE(devices.error().message.find(part), std::string::npos)
          << spec << ": " << devices.error().message;
    EXPECT_EQ(devices.error().message.find('\n'), std::string::npos);
  }
  // 64 hardware threads, 2 nodes, thread n + 32 beside thread n.
  void make_two_nodes_with_smt() {
    for (int core = 0; core < 64; ++core)
      machine_.siblings(core, std::to_string(core % 32) + "," + std::to_string(core % 32 + 32));
    machine_.node(0, "0-15,32-47");
    machine_.node(1, "16-31,48-63");
  }

  // In the order of their PCI addresses on node 0, 1, 0, 1; two tell their cores, two their node alone.
  void make_four_nvidia_cards() {
    const auto card = [&](const std::string& address, const std::string& file, const std::string& text) {
      machine_.write(
          "proc/driver/nvidia/gpus/" + address + "/information",
          "Model: \t NVIDIA H100\nGPU UUID: \t GPU-" + address.substr(5, 2) + "ab-cdef\nVideo BIOS: \t 1\n");
      machine_.write("sys/bus/pci/devices/" + address + "/" + file, text);
    };
    card("0000:9a:00.0", "local_cpulist", "0-15,32-47");
    card("0000:18:00.0", "local_cpulist", "0-15,32-47");
    card("0000:3b:00.0", "numa_node", "1");
    card("0000:af:00.0", "numa_node", "1");
    for (int i = 0; i < 4; ++i) found_.push_back({"gpu:" + std::to_string(i), ""});
  }

  FakeMachine machine_;
  std::vector<EngineDevice> found_;
};

TEST_F(Devices, CpuIsOneWorkerOnAllAllowedCores) {
  const auto devices = parse("cpu");
  ASSERT_TRUE(devices.ok());
  ASSERT_EQ(devices->size(), 1u);
  EXPECT_EQ(devices->front().name, "cpu:0-7");
  EXPECT_EQ(devices->front().engine_device, "cpu");
  EXPECT_EQ(devices->front().cores, cores(8));
}

TEST_F(Devices, CpuWithCores) {
  EXPECT_EQ(names("cpu:0-3"), Names{"cpu:0-3"});
  EXPECT_EQ(names("cpu:2"), Names{"cpu:2"});
  EXPECT_EQ(names("cpu:0-1+4-5"), Names{"cpu:0-1+4-5"});
  EXPECT_EQ(names("cpu:5+4"), Names{"cpu:4-5"});
}

TEST_F(Devices, ANumberAfterACommaIsAnotherDeviceOfTheSameKind) {
  EXPECT_EQ(names("cpu:0-3,4-5,7"), (Names{"cpu:0-3", "cpu:4-5", "cpu:7"}));
  found_ = {{"gpu:0", ""}, {"gpu:1", ""}, {"npu:0", ""}};
  EXPECT_EQ(names("gpu:0,1"), (Names{"gpu:0", "gpu:1"}));
  EXPECT_EQ(names("gpu:0-1,npu:0"), (Names{"gpu:0", "gpu:1", "npu:0"}));
  EXPECT_EQ(names("sim:0,cpu:2,3"), (Names{"sim:0", "cpu:2", "cpu:3"}));
}

TEST_F(Devices, EveryNameGivesTheSameDeviceAgain) {
  for (const std::string spec : {"cpu", "cpu*3", "auto", "sim*2", "cpu:0+2+4-5"}) {
    const auto devices = parse(spec);
    ASSERT_TRUE(devices.ok());
    for (const Device& device : *devices) {
      const auto again = parse(device.name);
      ASSERT_TRUE(again.ok()) << device.name;
      EXPECT_EQ(again->front().cores, device.cores);
      EXPECT_EQ(again->front().engine_device, device.engine_device);
    }
  }
}

TEST_F(Devices, AStarCutsTheCoresInEqualGroups) {
  EXPECT_EQ(names("cpu*4"), (Names{"cpu:0-1", "cpu:2-3", "cpu:4-5", "cpu:6-7"}));
  EXPECT_EQ(names("cpu*3"), (Names{"cpu:0-1", "cpu:2-4", "cpu:5-7"}));
  EXPECT_EQ(names("cpu*1"), Names{"cpu:0-7"});
  EXPECT_EQ(names("cpu*2", {1, 3, 5, 7}), (Names{"cpu:1+3", "cpu:5+7"}));
}

TEST_F(Devices, AStarKeepsNeighboursTogether) {
  make_two_nodes_with_smt();
  EXPECT_EQ(names("cpu*4", cores(64)),
            (Names{"cpu:0-7+32-39", "cpu:8-15+40-47", "cpu:16-23+48-55", "cpu:24-31+56-63"}));
}

TEST_F(Devices, MoreGroupsThanCoresAreRefused) {
  expect_error("cpu*9", ErrorCode::invalid_argument, {"cpu*9", "8 allowed cores", "cpu*8"});
}

TEST_F(Devices, SimulatedDevicesAreAlwaysThere) {
  EXPECT_EQ(names("sim*3"), (Names{"sim:0", "sim:1", "sim:2"}));
  EXPECT_EQ(names("sim"), Names{"sim:0"});
  EXPECT_EQ(names("sim:5,7"), (Names{"sim:5", "sim:7"}));
  EXPECT_EQ(parse("sim:5")->front().cores, cores(8));
  EXPECT_EQ(parse("sim:5")->front().engine_device, "sim:5");
}

TEST_F(Devices, AKindAloneIsEveryDeviceOfIt) {
  found_ = {{"gpu:0", ""}, {"npu:0", ""}, {"gpu:1", ""}};
  EXPECT_EQ(names("gpu"), (Names{"gpu:0", "gpu:1"}));
  EXPECT_EQ(names("npu"), Names{"npu:0"});
}

TEST_F(Devices, KindsMix) {
  found_ = {{"gpu:0", "Arc"}};
  const auto devices = parse("gpu:0, cpu:2-7");
  ASSERT_TRUE(devices.ok());
  EXPECT_EQ(devices->at(0).cores, (std::vector<int>{0, 1})) << "not those of the cpu device";
  EXPECT_EQ(devices->at(1).cores, (std::vector<int>{2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(parse("gpu:0,cpu")->at(0).cores, cores(8)) << "none is left: shared";
}

TEST_F(Devices, BadWordsAreQuotedWithAnExample) {
  for (const std::string spec :
       {"",       ",",       "cpu,",  "cpu:",    "cpu:x",           "cpu:3-1",   "cpu:-1",
        "cpu:1-", "cpu*",    "cpu*0", "cpu*x",   "cpu*-2",          "cpu*2*2",   "CPU",
        "0-3",    "gpu:0+1", "cpu;2", "cpu:0 1", "cpu:99999999999", "cpu:0-3-5", "gpu:0,,1",
        "*4",     "cpu:+1"})
    expect_error(spec, ErrorCode::invalid_argument, {"--devices", "\"", "cpu:0-3"});
  expect_error("gpu:0,cpu*x", ErrorCode::invalid_argument, {"\"cpu*x\""});
}

TEST_F(Devices, OnlyCpuAndSimulatedDevicesMultiply) {
  found_ = {{"gpu:0", ""}};
  expect_error("gpu*2", ErrorCode::invalid_argument, {"gpu*2", "gpu:0,1"});
}

TEST_F(Devices, AutoStandsAlone) {
  expect_error("auto,cpu", ErrorCode::invalid_argument, {"auto"});
  expect_error("cpu,auto", ErrorCode::invalid_argument, {"auto"});
  expect_error("auto:1", ErrorCode::invalid_argument, {"auto"});
  expect_error("auto*2", ErrorCode::invalid_argument, {"auto"});
}

TEST_F(Devices, UnknownOnesAreAnsweredWithThoseThatExist) {
  found_ = {{"gpu:0", "Arc A770"}};
  expect_error("gpu:1", ErrorCode::device_unknown, {"gpu:1", "cpu:0-7", "gpu:0 (Arc A770)"});
  expect_error("xpu", ErrorCode::device_unknown, {"xpu", "gpu:0"});
  expect_error("cpu:6-9", ErrorCode::device_unknown, {"core 8", "cpu:6-9", "cpu:0-7"});
}

TEST_F(Devices, NoDeviceTwiceAndNoCoreTwice) {
  found_ = {{"gpu:0", ""}};
  expect_error("gpu:0,0", ErrorCode::invalid_argument, {"gpu:0", "--workers-per-device"});
  expect_error("sim:1,sim*2", ErrorCode::invalid_argument, {"sim:1"});
  expect_error("cpu:0-3,3-5", ErrorCode::invalid_argument, {"core 3"});
  expect_error("cpu,cpu*2", ErrorCode::invalid_argument, {"core 0"});
  expect_error("cpu:1+1", ErrorCode::invalid_argument, {"cpu:1+1"});
}

TEST_F(Devices, FarTooManyDevicesAreRefused) {
  expect_error("sim:0-65000", ErrorCode::invalid_argument, {"10000"});
}

TEST_F(Devices, AutoTakesEveryAccelerator) {
  found_ = {{"gpu:0", ""}, {"gpu:1", ""}};
  const auto devices = parse("auto");
  ASSERT_TRUE(devices.ok());
  ASSERT_EQ(devices->size(), 2u);
  EXPECT_EQ(devices->at(0).cores, (std::vector<int>{0, 1, 2, 3})) << "evenly, where sysfs tells nothing";
  EXPECT_EQ(devices->at(1).cores, (std::vector<int>{4, 5, 6, 7}));
}

TEST_F(Devices, GpusGetTheCoresNearThem) {
  make_two_nodes_with_smt();
  machine_.write("sys/class/drm/renderD128/device/local_cpulist", "16-31,48-63");
  machine_.write("sys/class/drm/renderD129/device/local_cpulist", "0-15,32-47");
  machine_.write("sys/class/drm/card0/device/local_cpulist", "0");
  found_ = {{"gpu:0", ""}, {"gpu:1", ""}};
  const auto devices = parse("auto", cores(64));
  ASSERT_TRUE(devices.ok());
  EXPECT_EQ(format_core_list(devices->at(0).cores), "16-31+48-63");
  EXPECT_EQ(format_core_list(devices->at(1).cores), "0-15+32-47");
}

TEST_F(Devices, GpusThatShareANodeShareItsCores) {
  machine_.write("sys/class/drm/renderD128/device/local_cpulist", "0-7");
  machine_.write("sys/class/drm/renderD129/device/local_cpulist", "0-7");
  found_ = {{"gpu:0", ""}, {"gpu:1", ""}};
  const auto devices = parse("gpu", cores(16));
  ASSERT_TRUE(devices.ok());
  EXPECT_EQ(format_core_list(devices->at(0).cores), "0-3");
  EXPECT_EQ(format_core_list(devices->at(1).cores), "4-7");
}

TEST_F(Devices, RenderNodesThatAreNotTheFoundGpusTellNothing) {
  machine_.write("sys/class/drm/renderD128/device/local_cpulist", "0-1");
  machine_.write("sys/class/drm/renderD129/device/local_cpulist", "2-3");
  found_ = {{"gpu:0", ""}};
  EXPECT_EQ(parse("gpu:0")->front().cores, cores(8));
}

TEST_F(Devices, NvidiaCardsGetTheCoresNearTheirPciDevicesWhateverRenderNodesThereAre) {
  make_two_nodes_with_smt();
  make_four_nvidia_cards();
  machine_.write("sys/class/drm/renderD128/device/local_cpulist", "0-63");  // the console's
  const auto devices = parse("auto", cores(64));
  ASSERT_TRUE(devices.ok());
  ASSERT_EQ(devices->size(), 4u);
  EXPECT_EQ(format_core_list(devices->at(0).cores), "0-7+32-39") << "whole physical cores";
  EXPECT_EQ(format_core_list(devices->at(1).cores), "16-23+48-55");
  EXPECT_EQ(format_core_list(devices->at(2).cores), "8-15+40-47");
  EXPECT_EQ(format_core_list(devices->at(3).cores), "24-31+56-63");
}

TEST_F(Devices, NvidiaCardsThatAreNotTheFoundGpusTellNothing) {
  make_two_nodes_with_smt();
  make_four_nvidia_cards();
  found_.resize(3);
  const auto devices = parse("auto", cores(64));
  ASSERT_TRUE(devices.ok());
  EXPECT_EQ(devices->at(0).cores.size() + devices->at(1).cores.size() + devices->at(2).cores.size(), 64u);
}

class VisibleCards : public Devices {
 protected:
  void SetUp() override {
    make_two_nodes_with_smt();
    make_four_nvidia_cards();
    found_.resize(2);
  }
  void TearDown() override { ::unsetenv("CUDA_VISIBLE_DEVICES"); }
  Names cores_of_the_gpus() {
    Names lists;
    const std::vector<Device> devices = parse("auto", cores(64)).value();
    for (const Device& device : devices) lists.push_back(format_core_list(device.cores));
    return lists;
  }
};

TEST_F(VisibleCards, GetTheCoresNearThemAndNotNearThoseOfTheirOwnNumbers) {
  ::setenv("CUDA_VISIBLE_DEVICES", "3,2", 1);
  EXPECT_EQ(cores_of_the_gpus(), (Names{"16-31+48-63", "0-15+32-47"}));
}

TEST_F(VisibleCards, GetTheCoresNearThemByUuid) {
  ::setenv("CUDA_VISIBLE_DEVICES", "GPU-af,GPU-9aab-cdef", 1);
  EXPECT_EQ(cores_of_the_gpus(), (Names{"16-31+48-63", "0-15+32-47"}));
}

TEST_F(VisibleCards, ThatNobodyKnowsShareAllCores) {
  for (const char* list : {"GPU-77,GPU-78", "7,8", "MIG-1,MIG-2"}) {
    ::setenv("CUDA_VISIBLE_DEVICES", list, 1);
    EXPECT_EQ(cores_of_the_gpus(), (Names{"0-15+32-47", "16-31+48-63"})) << list << ": cut evenly";
  }
}

TEST_F(Devices, AContainersCoresAreSharedByTheGpusThatAreNearThem) {
  make_two_nodes_with_smt();
  make_four_nvidia_cards();
  const auto devices = parse("auto", {0, 1, 16});
  ASSERT_TRUE(devices.ok());
  EXPECT_EQ(format_core_list(devices->at(0).cores), "0");
  EXPECT_EQ(format_core_list(devices->at(1).cores), "16");
  EXPECT_EQ(format_core_list(devices->at(2).cores), "1");
  EXPECT_EQ(format_core_list(devices->at(3).cores), "16") << "one core near two cards";
}

TEST_F(Devices, AutoOnAContainersThreeCores) {
  make_two_nodes_with_smt();
  EXPECT_EQ(names("auto", {3, 4, 36}), (Names{"cpu:3", "cpu:4+36"})) << "4 and 36 are one physical core";
  EXPECT_EQ(names("auto", {3, 4, 20}), (Names{"cpu:3-4", "cpu:20"})) << "20 is on the other node";
}

TEST_F(Devices, AutoWithinAQuotaOfOneAndAHalf) {
  make_two_nodes_with_smt();
  machine_.write("proc/self/cgroup", "0::/");
  machine_.write("sys/fs/cgroup/cpu.max", "150000 100000");
  EXPECT_EQ(names("auto", cut_to_quota(cores(64), machine_.root())), (Names{"cpu:0", "cpu:1"}))
      << "two physical cores of one node";
}

TEST_F(Devices, MoreAcceleratorsThanCoresShareAll) {
  found_ = {{"gpu:0", ""}, {"gpu:1", ""}, {"gpu:2", ""}};
  const auto devices = parse("gpu", cores(2));
  ASSERT_TRUE(devices.ok());
  for (const Device& device : *devices) EXPECT_EQ(device.cores, cores(2));
}

TEST_F(Devices, AutoOnOneCore) {
  EXPECT_EQ(names("auto", {5}), Names{"cpu:5"});
}

TEST_F(Devices, AutoOnTwoCoresIsTwoWorkers) {
  EXPECT_EQ(names("auto", cores(2)), (Names{"cpu:0", "cpu:1"}));
}

TEST_F(Devices, AutoOnTwoThreadsOfOneCoreHasToSplitIt) {
  machine_.siblings(0, "0-1");
  machine_.siblings(1, "0-1");
  EXPECT_EQ(names("auto", cores(2)), (Names{"cpu:0", "cpu:1"}));
}

TEST_F(Devices, AutoDoesNotSplitThePhysicalCores) {
  for (int core = 0; core < 6; ++core)
    machine_.siblings(core, std::to_string(core / 2 * 2) + "-" + std::to_string(core / 2 * 2 + 1));
  EXPECT_EQ(names("auto", cores(6)), (Names{"cpu:0-1", "cpu:2-5"}));
}

TEST_F(Devices, AutoHasAtMostEightCoresInAGroup) {
  EXPECT_EQ(names("auto", cores(20)), (Names{"cpu:0-5", "cpu:6-12", "cpu:13-19"}));
}

TEST_F(Devices, AutoKeepsGroupsWithinANode) {
  machine_.node(0, "0-2");
  machine_.node(1, "3-7");
  EXPECT_EQ(names("auto"), (Names{"cpu:0-2", "cpu:3-7"}));
}

TEST_F(Devices, AutoOnTwoNodesWithHyperThreads) {
  make_two_nodes_with_smt();
  EXPECT_EQ(names("auto", cores(64)),
            (Names{"cpu:0-3+32-35", "cpu:4-7+36-39", "cpu:8-11+40-43", "cpu:12-15+44-47", "cpu:16-19+48-51",
                   "cpu:20-23+52-55", "cpu:24-27+56-59", "cpu:28-31+60-63"}));
}

TEST_F(Devices, QuotaCutsTheCoresRoundedUp) {
  machine_.write("proc/self/cgroup", "0::/");
  machine_.write("sys/fs/cgroup/cpu.max", "150000 100000");
  EXPECT_EQ(cut_to_quota(cores(8), machine_.root()), cores(2));
  machine_.write("sys/fs/cgroup/cpu.max", "10000 100000");
  EXPECT_EQ(cut_to_quota(cores(8), machine_.root()), cores(1));
  machine_.write("sys/fs/cgroup/cpu.max", "max 100000");
  EXPECT_EQ(cut_to_quota(cores(8), machine_.root()), cores(8));
  machine_.write("sys/fs/cgroup/cpu.max", "6400000 100000");
  EXPECT_EQ(cut_to_quota({3, 4}, machine_.root()), (std::vector<int>{3, 4}));
}

TEST_F(Devices, QuotaLeavesPhysicalCoresFirst) {
  for (int core = 0; core < 8; ++core)
    machine_.siblings(core, std::to_string(core / 2 * 2) + "," + std::to_string(core / 2 * 2 + 1));
  machine_.write("proc/self/cgroup", "0::/");
  machine_.write("sys/fs/cgroup/cpu.max", "400000 100000");
  EXPECT_EQ(cut_to_quota(cores(8), machine_.root()), (std::vector<int>{0, 2, 4, 6}));
}

TEST(AllowedCores, AreWhatThisProcessMayUse) {
  const std::vector<int> allowed = allowed_cores();
  ASSERT_FALSE(allowed.empty());
  EXPECT_TRUE(std::is_sorted(allowed.begin(), allowed.end()));
  const FakeMachine without_quota;
  EXPECT_GE(allowed_cores(without_quota.root()).size(), allowed.size());
}

TEST(CpuQuota, IsTheSmallestOnTheWayUp) {
  FakeMachine machine;
  machine.write("proc/self/cgroup", "0::/pod/box");
  machine.write("sys/fs/cgroup/pod/cpu.max", "200000 100000");
  machine.write("sys/fs/cgroup/pod/box/cpu.max", "max 100000");
  EXPECT_DOUBLE_EQ(cpu_quota(machine.root()).value(), 2);
  machine.write("sys/fs/cgroup/pod/box/cpu.max", "50000 100000");
  EXPECT_DOUBLE_EQ(cpu_quota(machine.root()).value(), 0.5);
}

TEST(CpuQuota, ReadsVersionOneToo) {
  FakeMachine machine;
  machine.write("proc/self/cgroup", "5:memory:/a\n4:cpu,cpuacct:/docker/abc\n0::/");
  machine.write("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "300000");
  machine.write("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000");
  EXPECT_DOUBLE_EQ(cpu_quota(machine.root()).value(), 3);
  machine.write("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "-1");
  EXPECT_FALSE(cpu_quota(machine.root()));
}

TEST(CpuQuota, IsTheMountsOwnWhereThePathIsTheHosts) {
  FakeMachine machine;
  machine.write("proc/self/cgroup", "4:cpu:/docker/abc");
  machine.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000");
  machine.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  EXPECT_DOUBLE_EQ(cpu_quota(machine.root()).value(), 2.5);
}

TEST(CpuQuota, NonsenseIsNoLimit) {
  FakeMachine machine;
  EXPECT_FALSE(cpu_quota(machine.root())) << "nothing there";
  for (const char* text : {"", "x y", "100000", "0 100000", "-5 100000", "100000 0"}) {
    machine.write("proc/self/cgroup", "0::/../..\nnonsense\n::\n:");
    machine.write("sys/fs/cgroup/cpu.max", text);
    EXPECT_FALSE(cpu_quota(machine.root())) << text;
  }
}

TEST(CoreList, ReadsWhatTheKernelWrites) {
  EXPECT_EQ(parse_core_list("0-2,5", ','), (std::vector<int>{0, 1, 2, 5}));
  for (const char* text : {"", ",", "1,", "a", "1-", "-1", "3-2", "1 2", "65536", "0-9-10", "99999999999999"})
    EXPECT_FALSE(parse_core_list(text, ',')) << text;
}

TEST(CoreList, WritesRanges) {
  EXPECT_EQ(format_core_list({0, 1, 2, 5, 7, 8}), "0-2+5+7-8");
  EXPECT_EQ(format_core_list({3}), "3");
}

}  // namespace
}  // namespace segfleet
