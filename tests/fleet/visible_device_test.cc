// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/visible_device.h"

#include <gtest/gtest.h>

#include <map>

namespace segfleet {
namespace {

using Lines = std::vector<std::string>;

Result<Lines> visible(const std::string& device, const std::map<std::string, std::string>& environment = {}) {
  return visible_device(device, [&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

TEST(VisibleDevice, AGpuWorkerSeesItsCardAloneInTheOrderOfNvidiaSmi) {
  EXPECT_EQ(*visible("gpu:2"), (Lines{"CUDA_VISIBLE_DEVICES=2", "CUDA_DEVICE_ORDER=PCI_BUS_ID"}));
}

TEST(VisibleDevice, EachKindHasItsVendorsVariable) {
  EXPECT_EQ(*visible("xpu:1"), Lines{"XPU_VISIBLE_DEVICES=1"});
  EXPECT_EQ(*visible("npu:0"), Lines{"ASCEND_RT_VISIBLE_DEVICES=0"});
  EXPECT_EQ(*visible("mlu:3"), Lines{"MLU_VISIBLE_DEVICES=3"});
  EXPECT_EQ(*visible("dcu:1"), Lines{"HIP_VISIBLE_DEVICES=1"});
  EXPECT_EQ(*visible("gcu:1"), Lines{"TOPS_VISIBLE_DEVICES=1"});
}

TEST(VisibleDevice, NumbersCountAmongTheCardsThatThisProcessMayUse) {
  const std::map<std::string, std::string> slurm{{"CUDA_VISIBLE_DEVICES", "4,GPU-8a1b"},
                                                 {"CUDA_DEVICE_ORDER", "FASTEST_FIRST"}};
  EXPECT_EQ(*visible("gpu:0", slurm), Lines{"CUDA_VISIBLE_DEVICES=4"});
  EXPECT_EQ(*visible("gpu:1", slurm), Lines{"CUDA_VISIBLE_DEVICES=GPU-8a1b"});
}

TEST(VisibleDevice, ACardBeyondTheVisibleOnesIsRefusedWithTheirNumber) {
  const auto lines = visible("gpu:2", {{"CUDA_VISIBLE_DEVICES", "0,1"}});
  ASSERT_FALSE(lines.ok());
  EXPECT_EQ(lines.error().code, ErrorCode::device_unknown);
  EXPECT_EQ(lines.error().message,
            "gpu:2 is not there: CUDA_VISIBLE_DEVICES=0,1 shows 2 of that kind to this process");
}

TEST(VisibleDevice, AnEmptyListShowsNoCard) {
  EXPECT_FALSE(visible("gpu:0", {{"CUDA_VISIBLE_DEVICES", ""}}).ok());
}

TEST(VisibleDevice, ACpuWorkerSeesNoCard) {
  EXPECT_EQ(*visible("cpu"), Lines{"CUDA_VISIBLE_DEVICES="});
}

std::string card_of(const Lines& lines, const char* order) {
  return visible_cuda_card(lines, [order](const char*) { return order; });
}

TEST(VisibleCudaCard, IsTheEntryThatTheWorkerGets) {
  EXPECT_EQ(card_of(*visible("gpu:2"), nullptr), "2");
  EXPECT_EQ(card_of(*visible("gpu:1", {{"CUDA_VISIBLE_DEVICES", "4,GPU-8a1b"}}), nullptr), "GPU-8a1b");
  EXPECT_EQ(card_of(*visible("cpu"), nullptr), "");
  EXPECT_EQ(card_of(*visible("npu:0"), nullptr), "");
  EXPECT_EQ(card_of({}, nullptr), "");
}

TEST(VisibleCudaCard, ANumberInAnOrderOfCudasOwnIsNoCardThatOthersKnow) {
  EXPECT_EQ(card_of({"CUDA_VISIBLE_DEVICES=1"}, "FASTEST_FIRST"), "");
  EXPECT_EQ(card_of({"CUDA_VISIBLE_DEVICES=1"}, "PCI_BUS_ID"), "1");
  EXPECT_EQ(card_of({"CUDA_VISIBLE_DEVICES=GPU-8a1b"}, "FASTEST_FIRST"), "GPU-8a1b");
}

}  // namespace
}  // namespace segfleet
