// SPDX-License-Identifier: Apache-2.0
// The simulated engine's labels and its ways to go wrong.
#include <gtest/gtest.h>

#include "engine/registry.h"
#include "engine/simulated/simulated_label.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

using Extra = std::map<std::string, std::string>;

Result<std::unique_ptr<Engine>> load(const Extra& extra, OutputOp op = OutputOp::argmax, int batch = 4,
                                     const std::string& device = "sim:0", int incarnation = 1) {
  ModelPackage package;
  package.output_op = op;
  EngineOptions options;
  options.device = device;
  options.batch = batch;
  options.extra = extra;
  options.incarnation = incarnation;
  return (*open_engine_factory("simulated"))->load(package, options);
}

// `items` pictures of 4×5 whose first values are 0.5, 1.5, ...
Tensor pictures(int items) {
  Tensor tensor(ElementType::f32, {items, 3, 4, 5});
  for (int item = 0; item < items; ++item)
    for (int i = 0; i < 60; ++i)
      tensor.data<float>()[item * 60 + i] =
          static_cast<float>(item) + (i == 0 ? 0.5f : static_cast<float>(i) / 50.0f);
  return tensor;
}

Status run(const Extra& extra, int items = 1) {
  auto engine = load(extra);
  EXPECT_TRUE(engine.ok()) << engine.error().message;
  Tensor input = pictures(items);
  Tensor output;
  return (*engine)->infer(0, input.view(), output);
}

TEST(Simulated, LabelsAreThoseOfTheFormula) {
  const auto engine = load({{"classes", "7"}});
  ASSERT_TRUE(engine.ok());
  Tensor input = pictures(2);
  Tensor output;
  ASSERT_TRUE((*engine)->infer(0, input.view(), output).ok());
  EXPECT_EQ(output.shape(), (Shape{2, 4, 5}));
  const float* values = input.data<float>();
  for (int item = 0; item < 2; ++item)
    for (int i = 0; i < 20; ++i) {
      const float* at = values + item * 60 + i;
      EXPECT_EQ(output.data<std::uint8_t>()[item * 20 + i], simulated_label(at[0], at[20], at[40], 7));
    }
}

TEST(Simulated, LabelFormulaStaysInRangeForNegativeValues) {
  for (const float value : {-3.0f, -0.01f, 0.0f, 2.6f}) {
    EXPECT_GE(simulated_label(value, -value, value, 5), 0);
    EXPECT_LT(simulated_label(value, -value, value, 5), 5);
  }
  EXPECT_EQ(simulated_label(1.0f, 0, 0, 256), 64);
  EXPECT_EQ(simulated_label(0, 1.0f / 64, 0, 256), 3);
  EXPECT_EQ(simulated_label(0, 0, 1.0f / 64, 256), 5);
}

TEST(Simulated, ScoresAreOneForTheLabelAndZeroElsewhere) {
  for (const auto& engine : {load({}, OutputOp::softmax), load({{"output", "scores"}})}) {
    ASSERT_TRUE(engine.ok());
    Tensor input = pictures(1);
    Tensor output;
    ASSERT_TRUE((*engine)->infer(0, input.view(), output).ok());
    ASSERT_EQ(output.shape(), (Shape{1, 5, 4, 5}));
    for (int i = 0; i < 20; ++i) {
      const float* at = input.data<float>() + i;
      for (int c = 0; c < 5; ++c)
        EXPECT_EQ(output.data<float>()[c * 20 + i],
                  c == simulated_label(at[0], at[20], at[40], 5) ? 1.0f : 0.0f);
    }
  }
}

TEST(Simulated, FailsOnTheItemWithThatFirstPixelOnly) {
  EXPECT_TRUE(run({{"fail_if_first_pixel", "1.5"}}, 1).ok());
  const Status status = run({{"fail_if_first_pixel", "1.5"}}, 2);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::engine_error);
}

TEST(Simulated, MemoryRunsOutAboveThatBatch) {
  EXPECT_TRUE(run({{"oom_if_batch_over", "2"}}, 2).ok());
  const Status status = run({{"oom_if_batch_over", "2"}}, 3);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::out_of_memory);
}

TEST(SimulatedDeathTest, CrashesOnTheItemWithThatFirstPixel) {
  EXPECT_TRUE(run({{"crash_if_first_pixel", "1.5"}}, 1).ok());
  EXPECT_EXIT((void)run({{"crash_if_first_pixel", "1.5"}}, 2), testing::KilledBySignal(SIGABRT), "");
}

TEST(SimulatedDeathTest, CrashesAtLoad) {
  EXPECT_EXIT((void)load({{"crash_at_load", "1"}}), testing::KilledBySignal(SIGABRT), "");
}

TEST(SimulatedDeathTest, CrashesOnceAmongAllProcesses) {
  const TempFolder folder;
  const Extra extra = {{"crash_once_file", (folder.path() / "crashed").string()}};
  EXPECT_EXIT((void)run(extra), testing::KilledBySignal(SIGABRT), "");
  EXPECT_TRUE(run(extra).ok());
}

TEST(Simulated, FailsAtLoad) {
  const auto engine = load({{"fail_at_load", "1"}});
  ASSERT_FALSE(engine.ok());
  EXPECT_EQ(engine.error().code, ErrorCode::engine_error);
}

TEST(Simulated, GivesAWrongShapeOrCountOnDemand) {
  Tensor input = pictures(2);
  Tensor output;
  ASSERT_TRUE((*load({{"wrong_shape", "1"}}))->infer(0, input.view(), output).ok());
  EXPECT_EQ(output.shape(), (Shape{2, 5, 5}));
  ASSERT_TRUE((*load({{"wrong_count", "1"}}))->infer(0, input.view(), output).ok());
  EXPECT_EQ(output.shape(), (Shape{3, 4, 5}));
}

Status call(Engine& engine, int items = 1) {
  Tensor input = pictures(items);
  Tensor output;
  return engine.infer(0, input.view(), output);
}

// Which of the first 40 calls ran out of memory.
std::vector<int> failing_calls(const Extra& extra, const std::string& device = "sim:0", int incarnation = 1) {
  const auto engine = load(extra, OutputOp::argmax, 4, device, incarnation);
  EXPECT_TRUE(engine.ok());
  std::vector<int> failing;
  for (int i = 1; i <= 40; ++i)
    if (!call(**engine).ok()) failing.push_back(i);
  return failing;
}

TEST(Simulated, FaultsComeByChanceFromTheSeedAndTheDevice) {
  const Extra extra = {{"oom", "0.25"}, {"seed", "7"}};
  const std::vector<int> failing = failing_calls(extra);
  EXPECT_GT(failing.size(), 3u);
  EXPECT_LT(failing.size(), 20u);
  EXPECT_EQ(failing, failing_calls(extra));
  EXPECT_NE(failing, failing_calls(extra, "sim:1"));
  EXPECT_NE(failing, failing_calls({{"oom", "0.25"}, {"seed", "8"}}));
}

TEST(Simulated, AWorkerThatWasStartedAgainDrawsOtherFaultsTheSameInEachRun) {
  const Extra extra = {{"oom", "0.25"}, {"seed", "7"}};
  const std::vector<int> second = failing_calls(extra, "sim:0", 2);
  EXPECT_NE(second, failing_calls(extra));
  EXPECT_EQ(second, failing_calls(extra, "sim:0", 2));
  EXPECT_EQ(failing_calls({{"oom", "@7"}}, "sim:0", 2), std::vector<int>{7}) << "by number it is asked for";
}

TEST(Simulated, AFaultComesAtTheGivenCall) {
  EXPECT_EQ(failing_calls({{"oom", "@7"}}), std::vector<int>{7});
  const auto engine = load({{"wrong_output", "@2"}});
  ASSERT_TRUE(engine.ok());
  Tensor input = pictures(1);
  Tensor output;
  ASSERT_TRUE((*engine)->infer(0, input.view(), output).ok());
  EXPECT_EQ(output.shape(), (Shape{1, 4, 5}));
  ASSERT_TRUE((*engine)->infer(0, input.view(), output).ok());
  EXPECT_EQ(output.shape(), (Shape{1, 5, 5}));
}

TEST(SimulatedDeathTest, CrashesAtTheGivenCall) {
  EXPECT_EXIT(
      {
        const auto engine = load({{"crash", "@2"}});
        if (!call(**engine).ok()) std::exit(1);
        (void)call(**engine);
      },
      testing::KilledBySignal(SIGABRT), "");
}

TEST(Simulated, OptionsOfFewerDevicesWin) {
  const Extra extra = {{"oom", "@1"}, {"sim:1-3.oom", "@2"}, {"sim:2.oom", "@3"}};
  EXPECT_EQ(failing_calls(extra, "sim:0"), std::vector<int>{1});
  EXPECT_EQ(failing_calls(extra, "sim:1"), std::vector<int>{2});
  EXPECT_EQ(failing_calls(extra, "sim:2"), std::vector<int>{3});
  EXPECT_EQ(failing_calls(extra, "sim:4"), std::vector<int>{1});
}

TEST(Simulated, BatchesTakeMemoryAndKeepIt) {
  const auto engine = load({{"memory", "1000"}, {"memory_model", "300"}, {"memory_per_item", "200"}});
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  EXPECT_EQ((*engine)->memory()->used_bytes, 300u);
  EXPECT_TRUE(call(**engine, 3).ok());
  EXPECT_TRUE(call(**engine, 1).ok());
  EXPECT_EQ((*engine)->memory()->used_bytes, 900u);
  EXPECT_EQ((*engine)->memory()->free_bytes, 100u);
  EXPECT_EQ((*engine)->memory()->total_bytes, 1000u);
  const Status status = call(**engine, 4);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::out_of_memory);
  EXPECT_NE(status.error().message.find("a batch of 4 needs 800 B and 700 B are free"), std::string::npos)
      << status.error().message;
  EXPECT_TRUE(call(**engine, 3).ok());
  EXPECT_FALSE((*load({}))->memory()) << "without a size there is nothing to tell";
}

TEST(Simulated, AModelThatDoesNotFitIsRefusedAtLoadWithNumbers) {
  const auto engine = load({{"memory", "1GiB"}, {"memory_model", "3GiB"}});
  ASSERT_FALSE(engine.ok());
  EXPECT_EQ(engine.error().code, ErrorCode::out_of_memory);
  EXPECT_EQ(engine.error().message, "simulated device memory: the model needs 3.0 GiB and 1.0 GiB are free");
}

TEST(Simulated, OptionValuesThatMakeNoSenseAreNamed) {
  for (const auto& [key, value] : Extra{{"classes", "0"},
                                        {"seed", "-1"},
                                        {"crash", "1.5"},
                                        {"hang", "@0"},
                                        {"oom", "often"},
                                        {"memory", "much"},
                                        {"slow", "10s:x2,5s:x1"},
                                        {"sim:1.latency_per_item_ms", "normal:1:1"},
                                        {"sim:.crash_at_load", "1"},
                                        {"sim:3-1.fail_at_load", "1"},
                                        {"latency_ms", "-1"},
                                        {"latency_per_item_ms", "soon"},
                                        {"output", "picture"},
                                        {"crash_at_load", "yes"},
                                        {"crash_once_file", ""},
                                        {"hang_if_first_pixel", "1.5x"}}) {
    const auto engine = load({{key, value}});
    ASSERT_FALSE(engine.ok()) << key;
    EXPECT_EQ(engine.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(engine.error().message.find(key), std::string::npos);
  }
}

}  // namespace
}  // namespace segfleet
