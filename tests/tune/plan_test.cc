// SPDX-License-Identifier: Apache-2.0
#include "tune/plan.h"

#include <gtest/gtest.h>

#include <fstream>

#include "temp_folder.h"

namespace segfleet {
namespace {

Plan a_plan() {
  Plan plan;
  plan.candidate = {
      "openvino", Precision::bf16, "cpu:0,cpu:1", 2, 3, 4, 5, {{"key", "a \"quoted\" value: x"}}};
  plan.machine = {"AMD EPYC: 7763", "0-3+8", 24ULL << 30U, {"NVIDIA H100", "PCI 0x8086:0x56a0"}};
  plan.model_fingerprint = "0123abcd";
  plan.model_folder = "/models/a b";
  plan.segfleet_version = "0.1.0";
  plan.created = "2026-01-31T23:59:59.999Z";
  plan.limit = "the limit is the engine: it computes 97 % of the time";
  plan.measured = {{plan.candidate, 14.25, 5, 1 << 20, 0, 0.9987, ""},
                   {plan.candidate, 0, 1, 0, 0, std::nullopt, "--precision bf16: no"}};
  return plan;
}

class PlanFile : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "plan.yaml"; }
  void write(const std::string& text) const { std::ofstream(path()) << text; }
  Result<Plan> written(const std::string& text) const {
    write(text);
    return read_plan(path());
  }
  void expect_refused(const std::string& text, const std::vector<std::string>& parts) const {
    const auto plan = written(text);
    ASSERT_FALSE(plan.ok()) << text;
    EXPECT_EQ(plan.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(plan.error().message.find(path().string()), std::string::npos) << plan.error().message;
    for (const std::string& part : parts)
      EXPECT_NE(plan.error().message.find(part), std::string::npos) << part << " in " << plan.error().message;
  }
  // The good text with one change.
  std::string with(const std::string& what, const std::string& instead) const {
    std::string text = plan_text(a_plan());
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), instead);
  }

  TempFolder folder_;
};

TEST_F(PlanFile, IsReadAsItWasWritten) {
  const auto plan = written(plan_text(a_plan()));
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan->candidate, a_plan().candidate);
  EXPECT_EQ(plan->machine.cpu, a_plan().machine.cpu);
  EXPECT_EQ(plan->machine.cores, a_plan().machine.cores);
  EXPECT_EQ(plan->machine.memory_bytes, a_plan().machine.memory_bytes);
  EXPECT_EQ(plan->machine.accelerators, a_plan().machine.accelerators);
  EXPECT_EQ(plan->model_fingerprint, a_plan().model_fingerprint);
  EXPECT_EQ(plan->created, a_plan().created);
}

TEST_F(PlanFile, ThatIsDamagedIsRefusedWithItsLine) {
  expect_refused(with("batch: 5", "batch: [5"), {"line"});
  expect_refused(with("batch: 5", "batch: many"), {"batch", "many"});
  expect_refused(with("batch: 5", "batch: 0"), {"batch", "from 1 to 1024"});
  expect_refused(with("  batch: 5\n", ""), {"batch", "is missing"});
  expect_refused(with("precision: bf16", "precision: int3"), {"precision", "fp32 or bf16"});
  expect_refused(with("segfleet_plan: 1", "segfleet_plan: 7"), {"segfleet_plan", "7"});
  expect_refused(plan_text(a_plan()).substr(0, 300), {});
  expect_refused("", {"no plan"});
  expect_refused("- a list", {"no plan"});
}

TEST_F(PlanFile, WithAKeyThatIsNotKnownIsRefused) {
  expect_refused(with("batch: 5", "batch: 5\n  bacth: 6"), {"bacth"});
  expect_refused(with("limit:", "limits:"), {"limits"});
  expect_refused(with("  cores:", "  coers: 1\n  cores:"), {"coers"});
}

TEST_F(PlanFile, ThatIsTooLargeIsRefused) {
  expect_refused(plan_text(a_plan()) + std::string(2 << 20, '#'), {});
}

TEST_F(PlanFile, ThatIsNotThereIsNotFound) {
  const auto plan = read_plan(path());
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code, ErrorCode::not_found);
}

TEST(CheckPlan, NamesEverythingThatDiffers) {
  const Plan plan = a_plan();
  EXPECT_TRUE(check_plan(plan, "p.yaml", plan.machine, plan.model_fingerprint).ok());
  Machine here = plan.machine;
  here.cores = "0-1";
  const Status status = check_plan(plan, "p.yaml", here, "another");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
  for (const char* part : {"p.yaml", "0123abcd", "another", "/models/a b", "0-3+8", "0-1", "segfleet tune"})
    EXPECT_NE(status.error().message.find(part), std::string::npos) << part << ": " << status.error().message;
}

TEST(UsePlan, FillsTheOptions) {
  ComputeOptions options;
  const auto notes = use_plan(a_plan(), "p.yaml", {"model", "input"}, options);
  EXPECT_EQ(options.engine, "openvino");
  EXPECT_EQ(options.precision, Precision::bf16);
  EXPECT_EQ(options.devices, "cpu:0,cpu:1");
  EXPECT_EQ(options.workers_per_device, 2);
  EXPECT_EQ(options.lanes, 3);
  EXPECT_EQ(options.threads, 4);
  EXPECT_EQ(options.batch, 5);
  EXPECT_EQ(options.engine_options.at("key"), "a \"quoted\" value: x");
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("batch 5"), std::string::npos) << notes[0];
}

TEST(UsePlan, WhatWasSaidExplicitlyWinsAndIsTold) {
  ComputeOptions options;
  options.batch = 1;
  options.devices = "cpu";
  options.precision = Precision::fp32;
  options.engine_options = {{"key", "mine"}};
  const auto notes =
      use_plan(a_plan(), "p.yaml", {"batch", "devices", "precision", "engine-option"}, options);
  EXPECT_EQ(options.batch, 1);
  EXPECT_EQ(options.devices, "cpu");
  EXPECT_EQ(options.precision, Precision::fp32);
  EXPECT_EQ(options.engine_options.at("key"), "mine");
  EXPECT_EQ(options.workers_per_device, 2);
  ASSERT_EQ(notes.size(), 5u);
  EXPECT_EQ(notes[1], "--precision fp32 was given: the plan's bf16 is not used");
  EXPECT_EQ(notes[2], "--devices cpu was given: the plan's cpu:0,cpu:1 is not used");
  EXPECT_EQ(notes[3], "--batch 1 was given: the plan's 5 is not used");
}

TEST(UsePlan, AnotherEngineDoesNotGetTheOptionsOfThePlans) {
  ComputeOptions options;
  options.engine = "onnxruntime";
  (void)use_plan(a_plan(), "p.yaml", {"engine"}, options);
  EXPECT_EQ(options.engine, "onnxruntime");
  EXPECT_TRUE(options.engine_options.empty());
}

}  // namespace
}  // namespace segfleet
