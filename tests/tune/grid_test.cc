// SPDX-License-Identifier: Apache-2.0
#include "tune/grid.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

Grid small() {
  return {{"openvino"}, {Precision::fp32, Precision::bf16}, {"cpu:0,cpu:1", "cpu"}, {1}, {0}, {0}, {1, 2, 4}};
}

std::vector<std::string> described(const Grid& grid) {
  const auto candidates = candidates_of(grid, {});
  std::vector<std::string> words;
  if (candidates.ok())
    for (const Candidate& candidate : *candidates) words.push_back(describe(candidate));
  return words;
}

TEST(Grid, IsEveryCombinationWithTheDefaultFirst) {
  const auto words = described(small());
  ASSERT_EQ(words.size(), 12u);
  EXPECT_EQ(words.front(), "openvino fp32 cpu:0,cpu:1 batch 1");
  EXPECT_EQ(words.back(), "openvino bf16 cpu batch 4");
}

TEST(Grid, EachDimensionIsTriedByItselfBeforeTwoTogether) {
  const auto words = described(small());
  ASSERT_EQ(words.size(), 12u);
  EXPECT_EQ(words[1], "openvino bf16 cpu:0,cpu:1 batch 1");
  EXPECT_EQ(words[2], "openvino fp32 cpu batch 1");
  EXPECT_EQ(words[3], "openvino fp32 cpu:0,cpu:1 batch 2");
  EXPECT_EQ(words[4], "openvino fp32 cpu:0,cpu:1 batch 4");
  EXPECT_EQ(words[5], "openvino bf16 cpu batch 1");
}

TEST(Grid, AValueTwiceIsRefusedWithItsOption) {
  Grid grid = small();
  grid.batches = {1, 2, 1};
  const auto candidates = candidates_of(grid, {});
  ASSERT_FALSE(candidates.ok());
  EXPECT_EQ(candidates.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(candidates.error().message.find("--batch"), std::string::npos) << candidates.error().message;
}

TEST(Grid, FarTooManyCombinationsAreRefused) {
  Grid grid = small();
  grid.batches.clear();
  for (int i = 1; i <= 1024; ++i) grid.batches.push_back(i);
  grid.threads = grid.batches;
  const auto candidates = candidates_of(grid, {});
  ASSERT_FALSE(candidates.ok());
  EXPECT_NE(candidates.error().message.find("1000"), std::string::npos) << candidates.error().message;
}

TEST(FilledGrid, OfTwoCores) {
  const Grid grid = filled(
      {}, {.engines = {"openvino"}, .cpu_groups = {{0}, {1}}, .auto_devices = "cpu:0,cpu:1", .bf16 = true});
  EXPECT_EQ(grid.devices, (std::vector<std::string>{"cpu:0,cpu:1", "cpu"}));
  EXPECT_EQ(grid.precisions, (std::vector<Precision>{Precision::fp32, Precision::bf16}));
  EXPECT_EQ(grid.workers_per_device, std::vector<int>{1}) << "groups of cores are the same thing";
  EXPECT_EQ(grid.lanes, (std::vector<int>{0, 2}));
}

TEST(FilledGrid, OfALargerCpuTriesMoreAndFewerGroupsAndLanes) {
  const Grid grid = filled({}, {.engines = {"openvino"},
                                .cpu_groups = {{0, 1, 2, 3}, {4, 5, 6, 7}},
                                .auto_devices = "cpu:0-3,cpu:4-7"});
  EXPECT_EQ(grid.devices, (std::vector<std::string>{"cpu:0-3,cpu:4-7", "cpu", "cpu*4"}));
  EXPECT_EQ(grid.lanes, (std::vector<int>{0, 8, 1}));
  EXPECT_EQ(grid.precisions, std::vector<Precision>{Precision::fp32});
}

TEST(FilledGrid, OfCardsTriesTwoWorkersAndLargerBatches) {
  const Grid grid = filled(
      {}, {.engines = {"paddle"}, .accelerators = true, .cpu_groups = {}, .auto_devices = "gpu:0,gpu:1"});
  EXPECT_EQ(grid.devices, std::vector<std::string>{"gpu:0,gpu:1"});
  EXPECT_EQ(grid.workers_per_device, (std::vector<int>{1, 2}));
  EXPECT_GT(grid.batches.back(), 4);
}

TEST(FilledGrid, WhatTheUserNamedStands) {
  Grid given;
  given.devices = {"cpu:0"};
  given.batches = {3};
  const Grid grid = filled(given, {.engines = {"openvino"}, .cpu_groups = {{0}}, .auto_devices = "cpu:0"});
  EXPECT_EQ(grid.devices, std::vector<std::string>{"cpu:0"});
  EXPECT_EQ(grid.batches, std::vector<int>{3});
}

}  // namespace
}  // namespace segfleet
