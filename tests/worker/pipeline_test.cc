// SPDX-License-Identifier: Apache-2.0
// Pictures in, masks and outcomes out.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/file.h"
#include "base/hash.h"
#include "imaging/decode/decode.h"
#include "io/sink/output_layout.h"
#include "session_harness.h"

namespace segfleet {
namespace {

Outcome run_one(SessionHarness& worker, const Setup& setup, const std::string& input,
                const std::string& stem = "a") {
  worker.start(setup);
  worker.send(Lease{{{9, 2, input, stem}}});
  const auto outcomes = worker.receive_outcomes(1);
  return outcomes.empty() ? Outcome() : outcomes.begin()->second;
}

void expect_failure(const Outcome& outcome, ErrorCode code, Stage stage, const std::string& named) {
  EXPECT_FALSE(outcome.done);
  EXPECT_EQ(outcome.error.code, code) << outcome.error.message;
  EXPECT_EQ(outcome.failed_stage, stage);
  EXPECT_NE(outcome.error.message.find(named), std::string::npos) << outcome.error.message;
  EXPECT_EQ(outcome.id, 9u);
  EXPECT_EQ(outcome.attempt, 2u);
}

TEST(Pipeline, ADoneItemHasItsFileAndTellsAboutIt) {
  SessionHarness worker(answer_ones);
  const auto setup = worker.setup();
  const Outcome outcome = run_one(worker, setup, worker.picture("a.png", {16, 8}), "sub/a");
  ASSERT_TRUE(outcome.done) << outcome.error.message;
  std::vector<std::byte> mask;
  ASSERT_TRUE(read_file(OutputLayout(setup.output).mask("sub/a"), 1 << 20, mask).ok());
  EXPECT_EQ(outcome.mask_bytes, mask.size());
  EXPECT_EQ(outcome.mask_hash, hash_hex(mask));
  EXPECT_EQ(outcome.picture, (Size{16, 8}));
  EXPECT_EQ(outcome.input_bytes, std::filesystem::file_size(worker.folder.path() / "in/a.png"));
  ASSERT_EQ(outcome.class_pixels.size(), 1u);
  EXPECT_EQ(outcome.class_pixels[0].class_index, 1);
  EXPECT_EQ(outcome.class_pixels[0].pixels, 16u * 8u);
  EXPECT_EQ(outcome.overlay_bytes, 0u);
  EXPECT_FALSE(std::filesystem::exists(OutputLayout(setup.output).overlay("sub/a")));
}

TEST(Pipeline, MomentsOfAnItemAreInTheOrderOfItsStages) {
  SessionHarness worker(answer_ones);
  const Outcome outcome = run_one(worker, worker.setup(), worker.picture("a.png", {16, 8}));
  ASSERT_TRUE(outcome.done) << outcome.error.message;
  EXPECT_GT(outcome.moments_us.front(), 0);
  EXPECT_TRUE(std::is_sorted(outcome.moments_us.begin(), outcome.moments_us.end()));
}

TEST(Pipeline, AnItemThatCannotBeDecodedHasNoLaterMomentThanItsEnd) {
  SessionHarness worker(answer_ones);
  const Outcome outcome = run_one(worker, worker.setup(), "/nowhere/a.png");
  EXPECT_FALSE(outcome.done);
  const Moments& moments = outcome.moments_us;
  EXPECT_GT(moments.front(), 0);
  EXPECT_TRUE(std::all_of(moments.begin() + 1, moments.end() - 1, [](std::int64_t us) { return us == 0; }));
  EXPECT_GE(moments.back(), moments.front());
}

// Where the only picture of a lease lay when it came to the engine.
bool lies_in_lent_memory(int batch) {
  LentRoom room;
  std::atomic<bool> held = false;
  SessionHarness worker([&](const TensorView& input, Tensor& output) {
    held = room.holds(input.data);
    return answer_ones(input, output);
  });
  worker.factory.memory = room.source();
  auto setup = worker.setup();
  setup.engine_options.batch = batch;
  EXPECT_TRUE(run_one(worker, setup, worker.picture("a.png", {16, 8})).done);
  worker.close_socket();
  worker.join();  // before the room goes
  return held;
}

TEST(Pipeline, APictureThatGoesInAloneIsTransformedIntoTheEnginesMemory) {
  EXPECT_TRUE(lies_in_lent_memory(1));
}

TEST(Pipeline, PicturesOfLargerBatchesTakeNothingOfTheEnginesMemory) {
  EXPECT_FALSE(lies_in_lent_memory(4)) << "they are copied side by side into it";
}

TEST(Pipeline, OverlaysHaveThePicturesSize) {
  SessionHarness worker(answer_ones);
  auto setup = worker.setup();
  setup.write_overlay = true;
  const Outcome outcome = run_one(worker, setup, worker.picture("a.png", {20, 10}));
  ASSERT_TRUE(outcome.done) << outcome.error.message;
  std::vector<std::byte> jpeg;
  ASSERT_TRUE(read_file(OutputLayout(setup.output).overlay("a"), 1 << 20, jpeg).ok());
  EXPECT_EQ(outcome.overlay_bytes, jpeg.size());
  Image overlay;
  ASSERT_TRUE(decode_image(jpeg, DecodeLimits{}, overlay).ok());
  EXPECT_EQ(overlay.size, (Size{20, 10}));
}

// Class 1 has probability 0.75 in every pixel.
Status answer_logits(const TensorView& input, Tensor& output) {
  output.reset(ElementType::f32, {input.shape[0], 2, input.shape[2], input.shape[3]});
  const std::size_t plane = output.size_bytes() / sizeof(float) / 2;
  std::fill_n(output.data<float>(), plane, 0.0F);
  std::fill_n(output.data<float>() + plane, plane, std::log(3.0F));
  return {};
}

TEST(Pipeline, ConfidenceMapsHaveTheWinnersProbability) {
  SessionHarness worker(answer_logits);
  auto setup = worker.setup();
  setup.write_confidence = true;
  const Outcome outcome = run_one(worker, setup, worker.picture("a.png", {20, 10}));
  ASSERT_TRUE(outcome.done) << outcome.error.message;
  std::vector<std::byte> png;
  ASSERT_TRUE(read_file(OutputLayout(setup.output).confidence("a"), 1 << 20, png).ok());
  EXPECT_EQ(outcome.confidence_bytes, png.size());
  Image grey;
  ASSERT_TRUE(decode_image(png, DecodeLimits{}, grey).ok());
  EXPECT_EQ(grey.size, (Size{20, 10}));
  EXPECT_EQ(grey.pixels, std::vector<std::uint8_t>(grey.pixels.size(), 191));
  EXPECT_EQ(outcome.class_pixels[0].class_index, 1);
}

TEST(Pipeline, UnknownPixelsAndThresholdsAreThoseOfTheSetup) {
  {
    SessionHarness worker(answer_logits);
    auto setup = worker.setup();
    setup.min_confidence = 0.8;
    setup.unknown_class = 200;
    EXPECT_EQ(run_one(worker, setup, worker.picture("a.png")).class_pixels[0].class_index, 200);
  }
  {
    SessionHarness worker(answer_logits);
    auto setup = worker.setup();
    setup.multi_label = true;
    EXPECT_EQ(run_one(worker, setup, worker.picture("a.png")).class_pixels[0].class_index, 2);
  }
  SessionHarness worker(answer_logits);
  auto setup = worker.setup();
  setup.threshold = 0.8;
  EXPECT_EQ(run_one(worker, setup, worker.picture("a.png")).class_pixels[0].class_index, 0);
}

TEST(Pipeline, LabelsWhereScoresAreNeededFailAtRestoreWithTheMend) {
  SessionHarness worker(answer_ones);
  auto setup = worker.setup();
  setup.write_confidence = true;
  expect_failure(run_one(worker, setup, worker.picture("a.png")), ErrorCode::invalid_argument, Stage::restore,
                 "--restore logits");
}

TEST(Pipeline, NetworkSizeIsKeptWhereItIsAskedFor) {
  SessionHarness worker(answer_ones);
  auto setup = worker.setup();
  setup.write_overlay = true;
  setup.output_size = OutputSize::network;
  write_file(worker.folder.path() / "model/deploy.yaml",
             "Deploy:\n  model: model.onnx\n  transforms:\n  - type: Resize\n    target_size: [8, 4]\n"
             "  - type: Normalize\n  output_op: argmax\n");
  const Outcome outcome = run_one(worker, setup, worker.picture("a.png", {20, 10}));
  ASSERT_TRUE(outcome.done) << outcome.error.message;
  EXPECT_EQ(outcome.class_pixels[0].pixels, 8u * 4u);
  for (const auto& path : {OutputLayout(setup.output).mask("a"), OutputLayout(setup.output).overlay("a")}) {
    std::vector<std::byte> bytes;
    ASSERT_TRUE(read_file(path, 1 << 20, bytes).ok());
    Image written;
    ASSERT_TRUE(decode_image(bytes, DecodeLimits{}, written).ok());
    EXPECT_EQ(written.size, (Size{8, 4})) << path;
  }
}

TEST(Pipeline, EveryItemOfMixedSizesHasExactlyOneOutcome) {
  constexpr ItemId kItems = 120;
  std::atomic<bool> mixed = false;
  SessionHarness worker(
      [&](const TensorView& input, Tensor& output) {
        if (input.shape[0] > 4) mixed = true;
        return answer_ones(input, output);
      },
      2);
  auto setup = worker.setup();
  setup.engine_options.batch = 4;
  setup.engine_options.lanes = 2;
  worker.start(setup);
  Lease lease;
  std::set<ItemId> broken;
  for (ItemId id = 1; id <= kItems; ++id) {
    const std::string stem = fmt::format("{}", id);
    const Size size{8 + static_cast<int>(id % 3), 8};
    lease.items.push_back({id, 1, worker.picture(stem + ".png", size), stem});
    if (id % 10 != 0) continue;
    write_file(lease.items.back().input, "no picture at all");
    broken.insert(id);
  }
  worker.send(lease);
  const auto outcomes = worker.receive_outcomes(kItems);
  ASSERT_EQ(outcomes.size(), kItems);
  for (const auto& [id, outcome] : outcomes) {
    EXPECT_EQ(outcome.done, !broken.contains(id)) << outcome.error.message;
    EXPECT_EQ(outcome.picture.width, outcome.done ? 8 + static_cast<int>(id % 3) : 0);
  }
  EXPECT_FALSE(mixed);
  worker.send(Drain{});
  EXPECT_FALSE(worker.receive_a<Outcome>());
}

TEST(Pipeline, AMissingInputFailsAtRead) {
  SessionHarness worker(answer_ones);
  expect_failure(run_one(worker, worker.setup(), "/nonexistent/a.png"), ErrorCode::not_found, Stage::read,
                 "/nonexistent/a.png");
}

TEST(Pipeline, AFolderAsInputFailsAtRead) {
  SessionHarness worker(answer_ones);
  const std::string input = worker.folder.path();
  expect_failure(run_one(worker, worker.setup(), input), ErrorCode::input_unreadable, Stage::read, input);
}

TEST(Pipeline, AnEmptyFileFailsAtDecode) {
  SessionHarness worker(answer_ones);
  const std::string input = worker.folder.path() / "in/empty.png";
  write_file(input, "");
  const Outcome outcome = run_one(worker, worker.setup(), input);
  expect_failure(outcome, outcome.error.code, Stage::decode, input);
}

TEST(Pipeline, ATruncatedPictureFailsAtDecode) {
  SessionHarness worker(answer_ones);
  const std::string input = worker.picture("a.png", {64, 64});
  std::filesystem::resize_file(input, std::filesystem::file_size(input) - 20);
  expect_failure(run_one(worker, worker.setup(), input), ErrorCode::input_truncated, Stage::decode, input);
}

TEST(Pipeline, APictureOverTheLimitsFailsAtDecode) {
  SessionHarness worker(answer_ones);
  auto setup = worker.setup();
  setup.limits.max_pixels = 100;
  expect_failure(run_one(worker, setup, worker.picture("a.png", {16, 8})), ErrorCode::input_too_large,
                 Stage::decode, "a.png");
}

TEST(Pipeline, APictureThatTheTransformsRefuseFailsAtTransform) {
  SessionHarness worker(answer_ones);
  const auto setup = worker.setup();
  write_file(worker.folder.path() / "model/deploy.yaml",
             "Deploy:\n  model: model.onnx\n  transforms:\n  - type: Padding\n    target_size: [10, 10]\n"
             "  - type: Normalize\n  output_op: argmax\n");
  expect_failure(run_one(worker, setup, worker.picture("a.png", {16, 8})), ErrorCode::input_unsupported,
                 Stage::transform, "a.png");
}

TEST(Pipeline, AnEngineErrorFailsAtInfer) {
  SessionHarness worker(
      [](const TensorView&, Tensor&) -> Status { return Error{ErrorCode::engine_error, "broken"}; });
  const std::string input = worker.picture("a.png");
  expect_failure(run_one(worker, worker.setup(), input), ErrorCode::engine_error, Stage::infer,
                 input + ": broken");
}

TEST(Pipeline, AMaskThatCannotBeWrittenFailsAtWrite) {
  SessionHarness worker(answer_ones);
  const auto setup = worker.setup();
  write_file(setup.output, "a file where the folder should be");
  const Outcome outcome = run_one(worker, setup, worker.picture("a.png"));
  expect_failure(outcome, outcome.error.code, Stage::write, "/out");
}

TEST(Pipeline, NoMaskStaysWhereTheOverlayCannotBeWritten) {
  SessionHarness worker(answer_ones);
  auto setup = worker.setup();
  setup.write_overlay = true;
  write_file(std::filesystem::path(setup.output) / "overlays", "a file where the folder should be");
  const Outcome outcome = run_one(worker, setup, worker.picture("a.png"));
  expect_failure(outcome, outcome.error.code, Stage::write, "/overlays");
  EXPECT_FALSE(std::filesystem::exists(OutputLayout(setup.output).mask("a")));
}

TEST(Pipeline, ABatchThatDoesNotFitIsTakenInPartsAndToldOnce) {
  Gate* gate = nullptr;
  SessionHarness worker([&](const TensorView& input, Tensor& output) -> Status {
    gate->pass();
    if (input.shape[0] > 1) return Error{ErrorCode::out_of_memory, "no room"};
    return answer_ones(input, output);
  });
  gate = &worker.gate;
  auto setup = worker.setup();
  setup.engine_options.batch = 2;
  worker.start(setup);
  Lease lease;
  for (ItemId id = 1; id <= 10; ++id) {
    const std::string stem = fmt::format("{}", id);
    lease.items.push_back({id, 1, worker.picture(stem + ".png"), stem});
  }
  worker.send(lease);
  while (worker.receive_a<Stats>()->queued_infer < 4) {
  }  // two batches wait behind the first call
  worker.gate.open();
  const std::optional<Note> note = worker.receive_a<Note>();
  ASSERT_TRUE(note);
  EXPECT_EQ(note->text, "cpu: batch 2 did not fit in memory, continuing with 1");
}

TEST(Pipeline, PathsThatAreNotUtf8Work) {
  SessionHarness worker(answer_ones);
  const auto setup = worker.setup();
  const std::string name = "\xff\xfe picture \xe4\xb8\xad.png";
  const Outcome outcome = run_one(worker, setup, worker.picture(name), "\xff\xfe picture");
  EXPECT_TRUE(outcome.done) << outcome.error.message;
  EXPECT_TRUE(std::filesystem::exists(OutputLayout(setup.output).mask("\xff\xfe picture")));
}

}  // namespace
}  // namespace segfleet
