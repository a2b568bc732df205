// SPDX-License-Identifier: Apache-2.0
// A worker whose card decodes JPEGs: what goes which way, what is told of it, and how it ends.
// NO CARD IS USED: see stand_in_card.h.
#include <gtest/gtest.h>

#include <algorithm>

#include "jpeg_bytes.h"
#include "session_harness.h"
#include "stand_in_card.h"

namespace segfleet {
namespace {

class NvjpegWorker : public SessionHarness {
 public:
  using SessionHarness::SessionHarness;

  Setup nvjpeg_setup() {
    open_nvjpeg = open_stand_in;
    Setup with = setup();
    with.decode = Decoder::nvjpeg;
    with.helper_threads = 1;
    return with;
  }
  std::string file(const std::string& name, const std::vector<std::byte>& bytes) {
    write_file(folder.path() / "in" / name, bytes);
    return folder.path() / "in" / name;
  }
  std::map<ItemId, Outcome> run_all(const Setup& setup, Lease lease) {
    start(setup);
    const std::size_t count = lease.items.size();
    send(lease);
    return receive_outcomes(count);
  }
};

TEST(NvjpegWorker, TellsWhichPicturesTheCardDecoded) {
  NvjpegWorker worker(answer_ones);
  const auto outcomes = worker.run_all(worker.nvjpeg_setup(),
                                       {{{1, 1, worker.file("a.jpg", make_jpeg({})), "a"},
                                         {2, 1, worker.file("b.jpg", make_jpeg({.progressive = true})), "b"},
                                         {3, 1, worker.file("c.jpg", make_jpeg({.orientation = 6})), "c"},
                                         {4, 1, worker.picture("d.png"), "d"}}});
  ASSERT_EQ(outcomes.size(), 4u);
  for (const auto& [id, outcome] : outcomes) {
    EXPECT_TRUE(outcome.done) << outcome.error.message;
    EXPECT_EQ(outcome.decoded_otherwise.has_value(), id == 1) << id;
  }
  EXPECT_EQ(outcomes.at(1).picture, (Size{61, 45}));
  EXPECT_EQ(outcomes.at(3).picture, (Size{45, 61})) << "turned";
}

// Label 1 where the picture is light.
Status answer_light(const TensorView& input, Tensor& output) {
  output.reset(ElementType::u8, {input.shape[0], input.shape[2], input.shape[3]});
  const auto* pixels = static_cast<const float*>(input.data);
  for (std::size_t i = 0; i < output.size_bytes(); ++i)
    output.bytes()[i] = static_cast<std::byte>(pixels[i] > 0 ? 1 : 0);
  return {};
}

TEST(NvjpegWorker, AComparedPictureTellsHowManyLabelsTheCardChanges) {
  NvjpegWorker worker(answer_light);
  worker.start(worker.nvjpeg_setup());
  // The gate is behind it: from here on the card gives a white picture.
  const Told told("STAND_IN_NVJPEG_SHIFT", "255");
  Lease lease{{{1, 1, worker.file("a.jpg", make_jpeg({})), "a"}}};
  lease.items[0].compare = true;
  worker.send(lease);
  auto outcomes = worker.receive_outcomes(1);
  ASSERT_TRUE(outcomes[1].done) << outcomes[1].error.message;
  ASSERT_TRUE(outcomes[1].decoded_otherwise);
  ASSERT_EQ(outcomes[1].class_pixels.size(), 1u);
  EXPECT_EQ(outcomes[1].class_pixels[0].class_index, 1) << "its labels are those of the card's pixels";
  EXPECT_EQ(outcomes[1].decoded_otherwise->compared_pixels, 61u * 45u);
  EXPECT_GT(outcomes[1].decoded_otherwise->differing_pixels, 0u);
  EXPECT_LT(outcomes[1].decoded_otherwise->differing_pixels, 61u * 45u);
}

std::vector<std::vector<std::byte>> bad_files() {
  const std::vector<std::byte> whole = make_jpeg({.rows_between_restarts = 1});
  std::vector<std::vector<std::byte>> bad(3, whole);
  bad[0].resize(whole.size() / 2);
  const std::byte restart[] = {std::byte{0xFF}, std::byte{0xD1}};
  const auto second = std::search(whole.begin(), whole.end(), std::begin(restart), std::end(restart));
  bad[1].erase(bad[1].begin() + (second - whole.begin()), bad[1].begin() + (second - whole.begin()) + 2);
  bad[2].resize(2);
  return bad;
}

TEST(NvjpegWorker, ABadFileFailsAsItDoesWithoutTheCard) {
  std::vector<std::pair<ErrorCode, std::string>> said[2];
  for (const bool card : {false, true}) {
    NvjpegWorker worker(answer_ones);
    Lease lease;
    for (const auto& bytes : bad_files()) {
      const ItemId id = lease.items.size() + 1;
      const std::string name = "f" + std::to_string(id);
      lease.items.push_back({id, 1, worker.file(name, bytes), name});
    }
    for (const auto& [id, outcome] : worker.run_all(card ? worker.nvjpeg_setup() : worker.setup(), lease)) {
      EXPECT_FALSE(outcome.done) << id;
      EXPECT_EQ(outcome.failed_stage, Stage::decode);
      const std::string& message = outcome.error.message;
      said[card ? 1 : 0].emplace_back(outcome.error.code, message.substr(message.rfind('/')));
    }
  }
  EXPECT_EQ(said[0].size(), 3u);
  EXPECT_EQ(said[0], said[1]);
}

TEST(NvjpegWorker, WithoutRoomOnTheCardAPictureFailsAndTheNextIsDecoded) {
  NvjpegWorker worker(answer_ones);
  const std::string input = worker.file("a.jpg", make_jpeg({.size = {400, 300}}));
  const std::string small = worker.file("b.jpg", make_jpeg({}));
  const Told told("STAND_IN_CUDA_ROOM", "200000");
  auto outcomes = worker.run_all(worker.nvjpeg_setup(), {{{1, 1, input, "a"}, {2, 1, small, "b"}}});
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_FALSE(outcomes[1].done);
  EXPECT_EQ(outcomes[1].error.code, ErrorCode::out_of_memory);
  EXPECT_EQ(outcomes[1].failed_stage, Stage::decode);
  EXPECT_TRUE(outcomes[2].done) << outcomes[2].error.message;
  EXPECT_TRUE(outcomes[2].decoded_otherwise);
}

TEST(NvjpegWorker, AfterAFailureTheNextPictureIsDecodedAnew) {
  NvjpegWorker worker(answer_ones);
  worker.start(worker.nvjpeg_setup());
  const std::string input = worker.file("a.jpg", make_jpeg({}));
  for (const bool fails : {true, false}) {
    const Told told("STAND_IN_NVJPEG_STATUS", fails ? "6" : "0");
    worker.send(Lease{{{1, 1, input, "a"}}});
    const auto outcomes = worker.receive_outcomes(1);
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_EQ(outcomes.at(1).done, !fails) << outcomes.at(1).error.message;
    EXPECT_EQ(outcomes.at(1).decoded_otherwise.has_value(), !fails);
  }
}

void expect_refused(const std::string& said) {
  NvjpegWorker worker(answer_ones);
  worker.send(worker.nvjpeg_setup());
  const std::optional<LoadFailed> failed = worker.receive_a<LoadFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->error.code, ErrorCode::engine_unavailable);
  EXPECT_NE(failed->error.message.find(said), std::string::npos) << failed->error.message;
  EXPECT_EQ(worker.join(), 1);
}

TEST(NvjpegWorker, DoesNotStartWherePixelsAreTooFarOff) {
  const Told told("STAND_IN_NVJPEG_SHIFT", "9");
  expect_refused("up to 9 grey levels");
}

TEST(NvjpegWorker, DoesNotStartWithoutADriver) {
  const Told told("STAND_IN_CUDA", "cuInit 100");
  expect_refused("the NVIDIA driver cannot start");
}

TEST(NvjpegWorker, LeavesWhereTheCardIsLost) {
  NvjpegWorker worker(answer_ones);
  worker.start(worker.nvjpeg_setup());
  const Told told("STAND_IN_CUDA", "cuStreamSynchronize 700");
  worker.send(Lease{{{1, 1, worker.file("a.jpg", make_jpeg({})), "a"}}});
  EXPECT_EQ(worker.receive_outcomes(1).size(), 1u);  // in the program it would be gone by now
  EXPECT_EQ(worker.left_with, 1);
}

}  // namespace
}  // namespace segfleet
