// SPDX-License-Identifier: Apache-2.0
#include "fleet/loop/worker_plan.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

const std::vector<Device> kCpu{{"cpu:0-3", "cpu", {0, 1, 2, 3}}};
const std::vector<Device> kCard{{"gpu:0", "gpu:0", {0, 1, 2, 3}}};

EngineOptions engine_options(const ComputeOptions& options, const std::vector<Device>& devices) {
  const auto plan = plan_workers(options, ModelPackage(), devices, false);
  EXPECT_TRUE(plan.ok()) << plan.error().message;
  return plan.ok() ? plan->slots.front().setup.engine_options : EngineOptions();
}

TEST(WorkerPlan, ACpuGetsALaneAndAThreadACoreACardOneLane) {
  ComputeOptions options;
  options.engine = "openvino";
  EXPECT_EQ(engine_options(options, kCpu).lanes, 4);
  EXPECT_EQ(engine_options(options, kCpu).threads, 4);
  EXPECT_EQ(engine_options(options, kCard).lanes, 1);
  options.workers_per_device = 2;
  EXPECT_EQ(engine_options(options, kCpu).lanes, 2) << "its workers share the cores";
}

TEST(WorkerPlan, ACardThatOnnxRuntimeDrivesGetsTwoLanesUnlessTheOrderCounts) {
  ComputeOptions options;
  options.engine = "onnxruntime";
  EXPECT_EQ(engine_options(options, kCard).lanes, 2);
  const auto in_order = plan_workers(options, ModelPackage(), kCard, true);
  ASSERT_TRUE(in_order.ok()) << in_order.error().message;
  EXPECT_EQ(in_order->slots.front().setup.engine_options.lanes, 1);
  options.engine_options = {{"cuda_graph", "1"}};
  EXPECT_EQ(engine_options(options, kCard).lanes, 1) << "of which there is one at a time";
  options.engine_options = {{"cuda_graph", "0"}};
  EXPECT_EQ(engine_options(options, kCard).lanes, 2);
  for (const int batch : {8, kAutoBatch}) {
    options.batch = batch;
    EXPECT_EQ(engine_options(options, kCard).lanes, 1) << batch;
  }
  options.batch = 1;
  options.engine = "paddle";
  EXPECT_EQ(engine_options(options, kCard).lanes, 1);
}

TEST(WorkerPlan, LanesAndThreadsThatWereSaidAreTaken) {
  ComputeOptions options;
  options.engine = "openvino";
  options.lanes = 3;
  options.threads = 7;
  for (const auto& devices : {kCpu, kCard}) {
    EXPECT_EQ(engine_options(options, devices).lanes, 3);
    EXPECT_EQ(engine_options(options, devices).threads, 7);
  }
}

TEST(WorkerPlan, OnlyAGraphThatGivesLabelsIsCutForItsScores) {
  ComputeOptions options;
  options.engine = "onnxruntime";
  ModelPackage model;
  for (const RestoreFrom restore : {RestoreFrom::labels, RestoreFrom::logits}) {
    options.restore = restore;
    for (const OutputOp op : {OutputOp::argmax, OutputOp::softmax, OutputOp::none}) {
      model.output_op = op;
      const auto plan = plan_workers(options, model, kCpu, false);
      ASSERT_TRUE(plan.ok()) << plan.error().message;
      EXPECT_EQ(plan->slots.front().setup.engine_options.scores,
                restore == RestoreFrom::logits && op == OutputOp::argmax);
    }
  }
}

TEST(WorkerPlan, NvjpegDecodesOnNvidiasCardsAlone) {
  ComputeOptions options;
  options.decode = Decoder::nvjpeg;
  options.engine = "onnxruntime";
  const auto plan = plan_workers(options, ModelPackage(), kCard, false);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan->slots.front().setup.decode, Decoder::nvjpeg);
  const auto refused = [&](const std::vector<Device>& devices) {
    const auto other = plan_workers(options, ModelPackage(), devices, false);
    return !other.ok() && other.error().code == ErrorCode::invalid_argument &&
           other.error().message.find("or use --decode cpu") != std::string::npos;
  };
  EXPECT_TRUE(refused(kCpu));
  EXPECT_TRUE(refused({kCard[0], kCpu[0]})) << "one run does not mix both";
  options.engine = "openvino";
  EXPECT_TRUE(refused(kCard)) << "Intel's";
}

}  // namespace
}  // namespace segfleet
