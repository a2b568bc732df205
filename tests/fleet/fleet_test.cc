// SPDX-License-Identifier: Apache-2.0
// The C++ fleet on the simulated engine, through the real worker program.
#include "segfleet/fleet.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <latch>
#include <thread>

#include "temp_folder.h"

namespace segfleet {
namespace {

class FleetTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_.path() / "model");
    std::ofstream(folder_.path() / "model" / "deploy.yaml")
        << "Deploy:\n  model: model.onnx\n  transforms:\n  - type: Normalize\n  output_op: argmax\n";
    std::ofstream(folder_.path() / "model" / "model.onnx") << "graph";
    options_.model = folder_.path() / "model";
    options_.engine = "simulated";
    options_.devices = "sim:0";
    options_.worker_program = SEGFLEET_WORKER;
  }
  std::unique_ptr<Fleet> open() {
    auto fleet = Fleet::open(options_);
    EXPECT_TRUE(fleet.ok()) << fleet.error().message;
    return fleet.ok() ? std::move(fleet).value() : nullptr;
  }
  // All pixels of one value.
  static std::vector<std::uint8_t> pixels(Size size, std::uint8_t value) {
    return std::vector<std::uint8_t>(
        std::size_t{3} * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height), value);
  }
  static PictureArray array_of(const std::vector<std::uint8_t>& pixels, Size size) {
    return {pixels.data(), size, std::ptrdiff_t{3} * size.width, 3, 1, false};
  }
  static std::vector<std::uint8_t> labels_of(const Segmentation& result) {
    return {result.labels.get(), result.labels.get() + result.size.width * result.size.height};
  }

  TempFolder folder_;
  FleetOptions options_;
};

TEST_F(FleetTest, GivesEachPictureItsLabels) {
  const auto fleet = open();
  const Size size{20, 10};
  const auto dark = pixels(size, 10);
  const auto bright = pixels(size, 12);
  auto first = fleet->segment(array_of(dark, size));
  auto second = fleet->segment(array_of(bright, size));
  const auto a = first.get();
  const auto b = second.get();
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->size, size);
  EXPECT_EQ(a->times.device, "sim:0");
  EXPECT_NE(labels_of(*a), labels_of(*b));
  EXPECT_EQ(labels_of(*a), labels_of(*fleet->segment(array_of(dark, size)).get()));
}

TEST_F(FleetTest, ABatchIsItsPicturesMerged) {
  options_.devices = "sim*3";
  const auto fleet = open();
  const Size size{8, 6};
  std::vector<std::uint8_t> batch;
  for (int i = 0; i < 30; ++i) {
    const auto one = pixels(size, static_cast<std::uint8_t>(i * 8));
    batch.insert(batch.end(), one.begin(), one.end());
  }
  const auto merged = fleet->segment_batch(array_of(batch, size), 30, 3 * 8 * 6);
  ASSERT_TRUE(merged.ok()) << merged.error().message;
  EXPECT_TRUE(merged->failures.empty());
  for (int i = 0; i < 30; ++i) {
    const auto alone = fleet->segment(array_of(pixels(size, static_cast<std::uint8_t>(i * 8)), size)).get();
    EXPECT_EQ(std::vector(merged->labels.get() + i * 48, merged->labels.get() + (i + 1) * 48),
              labels_of(*alone));
  }
  const auto done = fleet->stats()->done;
  EXPECT_EQ(done, 60u);
}

TEST_F(FleetTest, AFailedPictureOfABatchHasLabelsOfZero) {
  const Size size{8, 6};
  const auto bright = pixels(size, 250);
  options_.engine_options = {{"fail_if_first_pixel", "-1"}};
  const auto fleet = open();
  // Where the batch will lie: what was there before is no label of its.
  ASSERT_TRUE(fleet->segment_batch(array_of(bright, size), 1, 0).ok());
  std::vector<std::uint8_t> batch = pixels(size, 0);
  batch.insert(batch.end(), bright.begin(), bright.end());
  const auto merged = fleet->segment_batch(array_of(batch, size), 2, 3 * 8 * 6);
  ASSERT_TRUE(merged.ok()) << merged.error().message;
  ASSERT_EQ(merged->failures.size(), 1u);
  EXPECT_EQ(merged->failures[0].first, 0u);
  EXPECT_EQ(std::vector(merged->labels.get(), merged->labels.get() + 48), std::vector<std::uint8_t>(48, 0));
}

TEST_F(FleetTest, AFileThatIsNoPictureFailsAlone) {
  const auto fleet = open();
  std::ofstream(folder_.path() / "a.png") << "no picture";
  const auto failed = fleet->segment_path(folder_.path() / "a.png").get();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::input_unsupported);
}

TEST_F(FleetTest, APathWithANulByteIsRefusedRatherThanCutShort) {
  const auto fleet = open();
  std::ofstream(folder_.path() / "a.png") << "no picture";
  const auto failed =
      fleet->segment_path((folder_.path() / "a.png").native() + std::string("\0.png", 5)).get();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::invalid_argument) << failed.error().message;
}

TEST_F(FleetTest, AModelThatDoesNotLoadFailsToOpen) {
  options_.engine_options = {{"fail_at_load", "1"}};
  const auto fleet = Fleet::open(options_);
  ASSERT_FALSE(fleet.ok());
  EXPECT_EQ(fleet.error().code, ErrorCode::engine_error);
}

TEST_F(FleetTest, AStopEndsItsOpening) {
  options_.engine_options = {{"load_ms", "3600000"}};
  const auto stop = std::make_shared<StopRequest>();
  stop->request();
  stop->request();
  const auto fleet = Fleet::open(options_, stop);
  ASSERT_FALSE(fleet.ok());
  EXPECT_EQ(fleet.error().code, ErrorCode::interrupted);
}

TEST_F(FleetTest, ClosedAtOnceItGivesEveryOpenPictureAnError) {
  options_.engine_options = {{"latency_ms", "10000"}};
  const auto fleet = open();
  const Size size{4, 4};
  const auto grey = pixels(size, 100);
  auto out = fleet->segment(array_of(grey, size));
  fleet->close(true);
  const auto result = out.get();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::interrupted);
  EXPECT_EQ(fleet->segment(array_of(grey, size)).get().error().code, ErrorCode::interrupted);
}

TEST_F(FleetTest, ClosedGentlyItFinishesWhatIsOut) {
  options_.engine_options = {{"latency_ms", "50"}};
  const auto fleet = open();
  const Size size{4, 4};
  const auto grey = pixels(size, 100);
  std::vector<std::future<Result<Segmentation>>> out;
  for (int i = 0; i < 5; ++i) out.push_back(fleet->segment(array_of(grey, size)));
  fleet->close(false);
  for (auto& one : out) EXPECT_TRUE(one.get().ok());
}

TEST_F(FleetTest, ManyThreadsMayCloseIt) {
  options_.engine_options = {{"latency_ms", "10000"}};
  const auto fleet = open();
  const Size size{4, 4};
  const auto grey = pixels(size, 100);
  auto out = fleet->segment(array_of(grey, size));
  std::latch ready(4);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      ready.arrive_and_wait();
      fleet->close(t == 0);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(out.get().error().code, ErrorCode::interrupted);
}

TEST_F(FleetTest, ManyThreadsMayUseIt) {
  options_.devices = "sim*2";
  const auto fleet = open();
  const Size size{16, 16};
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const auto mine = pixels(size, static_cast<std::uint8_t>(60 * t));
      const auto expected = labels_of(*fleet->segment(array_of(mine, size)).get());
      for (int i = 0; i < 50; ++i)
        if (labels_of(*fleet->segment(array_of(mine, size)).get()) != expected) ++wrong;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(FleetTest, WhatEndedItIsTheErrorOfEveryLaterCall) {
  options_.engine_options = {{"crash", "1"}};
  const auto fleet = open();
  const Size size{4, 4};
  const auto grey = pixels(size, 100);
  Error error{ErrorCode::worker_crashed, ""};
  while (error.code == ErrorCode::worker_crashed) error = fleet->segment(array_of(grey, size)).get().error();
  EXPECT_EQ(error.code, ErrorCode::device_lost) << error.message;
  fleet->close(false);  // its thread is over: the arena is closed as well
  const auto file = std::as_bytes(std::span(grey));
  EXPECT_EQ(fleet->segment(array_of(grey, size)).get().error().message, error.message);
  EXPECT_EQ(fleet->segment_path("a.png").get().error().message, error.message);
  EXPECT_EQ(fleet->submit_encoded(file, [](const auto&) {}).error().message, error.message);
  EXPECT_EQ(fleet->segment_batch(array_of(grey, size), 1, 0).error().message, error.message);
}

TEST_F(FleetTest, AWorkerThatDiesOnceCostsNoPicture) {
  options_.engine_options = {{"crash_once_file", folder_.path() / "crashed"}};
  const auto fleet = open();
  const Size size{4, 4};
  const auto grey = pixels(size, 100);
  std::vector<std::future<Result<Segmentation>>> out;
  for (int i = 0; i < 10; ++i) out.push_back(fleet->segment(array_of(grey, size)));
  for (auto& one : out) EXPECT_TRUE(one.get().ok());
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "crashed"));
}

}  // namespace
}  // namespace segfleet
