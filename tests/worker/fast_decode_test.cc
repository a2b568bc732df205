// SPDX-License-Identifier: Apache-2.0
// A worker that may decode JPEGs smaller than they are: what it writes, and what it tells of it.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.h"
#include "imaging/decode/decode.h"
#include "io/sink/output_layout.h"
#include "session_harness.h"

namespace segfleet {
namespace {

constexpr Size kPicture{64, 32};

// Label 1 everywhere, and 0 in the upper half of every second call's picture.
class Changing {
 public:
  Status operator()(const TensorView& input, Tensor& output) {
    SEGFLEET_RETURN_IF_ERROR(answer_ones(input, output));
    if (++calls_ % 2 == 0) std::fill_n(output.bytes(), output.size_bytes() / 2, std::byte{0});
    return {};
  }

 private:
  int calls_ = 0;
};

class FastDecodeWorker : public SessionHarness {
 public:
  using SessionHarness::SessionHarness;

  Setup fast_setup() {
    Setup fast = setup();
    fast.fast_decode = true;
    write_file(folder.path() / "model/deploy.yaml",
               "Deploy:\n  model: model.onnx\n  transforms:\n  - type: Resize\n    target_size: [16, 8]\n"
               "  - type: Normalize\n  output_op: argmax\n");
    return fast;
  }
  std::string jpeg(const std::string& name) {
    Image image{kPicture, std::vector<std::uint8_t>(3 * 64 * 32, 90)};
    std::vector<std::byte> bytes;
    EXPECT_TRUE(encode_jpeg(image, 90, bytes).ok());
    write_file(folder.path() / "in" / name, bytes);
    return folder.path() / "in" / name;
  }
  Outcome run_one(const Setup& setup, const std::string& input, bool compare) {
    start(setup);
    Lease lease{{{9, 1, input, "a"}}};
    lease.items[0].compare = compare;
    send(lease);
    const auto outcomes = receive_outcomes(1);
    return outcomes.empty() ? Outcome() : outcomes.begin()->second;
  }
};

TEST(FastDecode, LabelsHaveThePicturesOwnSize) {
  FastDecodeWorker worker(answer_ones);
  const auto setup = worker.fast_setup();
  const Outcome outcome = worker.run_one(setup, worker.jpeg("a.jpg"), false);
  ASSERT_TRUE(outcome.done) << outcome.error.message;
  EXPECT_EQ(outcome.picture, kPicture);
  ASSERT_TRUE(outcome.decoded_otherwise);
  EXPECT_EQ(outcome.decoded_otherwise->compared_pixels, 0u);
  EXPECT_EQ(worker.factory.last().shapes(), (std::vector<Shape>{{1, 3, 8, 16}}));
  std::vector<std::byte> png;
  ASSERT_TRUE(read_file(OutputLayout(setup.output).mask("a"), 1 << 20, png).ok());
  Image mask;
  ASSERT_TRUE(decode_image(png, DecodeLimits{}, mask).ok());
  EXPECT_EQ(mask.size, kPicture);
}

TEST(FastDecode, AComparedPictureTellsHowManyLabelsDiffer) {
  FastDecodeWorker worker(Changing{});
  const Outcome outcome = worker.run_one(worker.fast_setup(), worker.jpeg("a.jpg"), true);
  ASSERT_TRUE(outcome.done) << outcome.error.message;
  ASSERT_TRUE(outcome.decoded_otherwise);
  EXPECT_EQ(outcome.decoded_otherwise->compared_pixels, 64u * 32u);
  EXPECT_EQ(outcome.decoded_otherwise->differing_pixels, 64u * 16u);
  // Its own labels are those of the first call, as without a comparison.
  ASSERT_EQ(outcome.class_pixels.size(), 1u);
  EXPECT_EQ(outcome.class_pixels[0].class_index, 1);
}

TEST(FastDecode, AComparisonThatFailsCostsNothingButItself) {
  int calls = 0;
  FastDecodeWorker worker([&](const TensorView& input, Tensor& output) -> Status {
    if (++calls > 1) return Error{ErrorCode::out_of_memory, "no room"};
    return answer_ones(input, output);
  });
  const Outcome outcome = worker.run_one(worker.fast_setup(), worker.jpeg("a.jpg"), true);
  ASSERT_TRUE(outcome.done) << outcome.error.message;
  ASSERT_TRUE(outcome.decoded_otherwise);
  EXPECT_EQ(outcome.decoded_otherwise->compared_pixels, 0u);
}

TEST(FastDecode, WhatIsDecodedInFullIsNotCompared) {
  FastDecodeWorker worker(answer_ones);
  const Outcome outcome = worker.run_one(worker.fast_setup(), worker.picture("a.png", kPicture), true);
  ASSERT_TRUE(outcome.done) << outcome.error.message;
  EXPECT_FALSE(outcome.decoded_otherwise);
  EXPECT_EQ(worker.factory.last().shapes().size(), 1u);
}

TEST(FastDecode, TheNextThatIsSmallerIsComparedInstead) {
  FastDecodeWorker worker(answer_ones);
  worker.start(worker.fast_setup());
  Lease lease{{{1, 1, worker.picture("a.png", kPicture), "a"},
               {2, 1, worker.jpeg("b.jpg"), "b"},
               {3, 1, worker.jpeg("c.jpg"), "c"}}};
  lease.items[0].compare = true;
  worker.send(lease);
  auto outcomes = worker.receive_outcomes(3);
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_FALSE(outcomes[1].decoded_otherwise);
  // One of the two, whichever thread was first.
  EXPECT_EQ(outcomes[2].decoded_otherwise->compared_pixels + outcomes[3].decoded_otherwise->compared_pixels,
            64u * 32u);
}

TEST(FastDecode, AsManyAreComparedAsWereMarked) {
  FastDecodeWorker worker(answer_ones);
  worker.start(worker.fast_setup());
  Lease lease;
  for (ItemId id = 1; id <= 4; ++id) {
    const std::string name = std::to_string(id);
    lease.items.push_back({id, 1, worker.jpeg(name + ".jpg"), name});
    lease.items.back().compare = id <= 2;
  }
  worker.send(lease);
  std::uint64_t compared_pixels = 0;
  for (const auto& [id, outcome] : worker.receive_outcomes(4))
    compared_pixels += outcome.decoded_otherwise->compared_pixels;
  EXPECT_EQ(compared_pixels, 2u * 64 * 32);
}

TEST(FastDecode, IsOffByDefault) {
  FastDecodeWorker worker(answer_ones);
  auto setup = worker.fast_setup();
  setup.fast_decode = false;
  const Outcome outcome = worker.run_one(setup, worker.jpeg("a.jpg"), true);
  ASSERT_TRUE(outcome.done) << outcome.error.message;
  EXPECT_FALSE(outcome.decoded_otherwise);
}

}  // namespace
}  // namespace segfleet
