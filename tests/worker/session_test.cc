// SPDX-License-Identifier: Apache-2.0
// The conversation: what the worker says, when it ends and with which status.
#include "worker/session.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session_harness.h"

namespace segfleet {
namespace {

TEST(Session, IntroducesItselfFirst) {
  SessionHarness worker(answer_ones);
  const std::optional<Message> first = worker.receive();
  ASSERT_TRUE(first && std::holds_alternative<Hello>(*first));
  EXPECT_EQ(std::get<Hello>(*first).protocol_version, kProtocolVersion);
  EXPECT_EQ(std::get<Hello>(*first).pid, ::getpid());
}

TEST(Session, ReadyTellsWhatTheEngineIs) {
  SessionHarness worker(answer_ones, 2);
  auto setup = worker.setup();
  setup.engine_options.batch = 4;
  worker.send(setup);
  const std::optional<Ready> ready = worker.receive_a<Ready>();
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->engine_version, "1.0");
  EXPECT_EQ(ready->device_name, "Fake 1");
  EXPECT_EQ(ready->batch, 4);
  EXPECT_EQ(ready->lanes, 2);
  EXPECT_EQ(ready->class_count, 2);
}

// What the engine was told of labels.
bool told_that_labels_suffice(OutputSize size, bool argmax_first, bool confidence) {
  SessionHarness worker(answer_ones);
  auto setup = worker.setup();
  setup.output_size = size;
  setup.argmax_first = argmax_first;
  setup.write_confidence = confidence;
  worker.send(setup);
  EXPECT_TRUE(worker.receive_a<Hello>());
  EXPECT_TRUE(worker.receive());  // ready, or refused, since this engine has no scores
  return worker.factory.last_options.labels_suffice;
}

TEST(Session, LabelsSufficeWhereNothingIsMadeOfTheScoresBesides) {
  EXPECT_TRUE(told_that_labels_suffice(OutputSize::network, false, false));
  EXPECT_TRUE(told_that_labels_suffice(OutputSize::original, true, false));
  EXPECT_FALSE(told_that_labels_suffice(OutputSize::original, false, false)) << "enlarged before the argmax";
  EXPECT_FALSE(told_that_labels_suffice(OutputSize::network, false, true));
}

void expect_load_failure(SessionHarness& worker, const Setup& setup, ErrorCode code) {
  worker.send(setup);
  const std::optional<LoadFailed> failed = worker.receive_a<LoadFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->error.code, code) << failed->error.message;
  EXPECT_FALSE(worker.receive());
  EXPECT_EQ(worker.join(), 1);
}

TEST(Session, AModelThatIsMissingIsTold) {
  SessionHarness worker(answer_ones);
  auto setup = worker.setup();
  setup.model += "-missing";
  expect_load_failure(worker, setup, ErrorCode::not_found);
}

TEST(Session, AnEngineThatIsMissingIsTold) {
  SessionHarness worker(answer_ones);
  auto setup = worker.setup();
  setup.engine = "none";
  expect_load_failure(worker, setup, ErrorCode::engine_unavailable);
}

TEST(Session, AnEngineThatCannotLoadIsTold) {
  SessionHarness worker(answer_ones);
  auto setup = worker.setup();
  setup.engine_options.device = "broken";
  expect_load_failure(worker, setup, ErrorCode::device_unknown);
}

TEST(Session, DrainFinishesWhatIsLeased) {
  SessionHarness worker(answer_ones);
  worker.start(worker.setup());
  Lease lease;
  for (ItemId id = 1; id <= 20; ++id) {
    const std::string stem = fmt::format("{}", id);
    lease.items.push_back({id, 1, worker.picture(stem + ".png"), stem});
  }
  worker.send(lease);
  worker.send(Drain{});
  EXPECT_EQ(worker.receive_outcomes(20).size(), 20u);
  EXPECT_FALSE(worker.receive_a<Outcome>());
  EXPECT_EQ(worker.join(), 0);
}

TEST(Session, DrainWithoutWorkEnds) {
  SessionHarness worker(answer_ones);
  worker.start(worker.setup());
  worker.send(Drain{});
  EXPECT_FALSE(worker.receive_a<Outcome>());
  EXPECT_EQ(worker.join(), 0);
}

// Its engine answers once the gate is open.
struct HeldWorker : SessionHarness {
  HeldWorker()
      : SessionHarness([this](const TensorView& input, Tensor& output) {
          gate.pass();
          return answer_ones(input, output);
        }) {}
};

TEST(Session, EndOfFileIsSeenWhileTheEngineHangs) {
  HeldWorker worker;
  worker.start(worker.setup());
  worker.send(Lease{{{1, 1, worker.picture("a.png"), "a"}}});
  worker.gate.wait_for_arrival();
  worker.close_socket();
  EXPECT_EQ(worker.join(), 0);  // the gate opens only when the session leaves
  EXPECT_EQ(worker.left_with, 0);
}

TEST(Session, StatsGoOnWhileTheEngineHangs) {
  HeldWorker worker;
  worker.start(worker.setup());
  worker.send(Lease{{{1, 1, worker.picture("a.png"), "a"}}});
  worker.gate.wait_for_arrival();
  std::optional<Stats> stats = worker.receive_a<Stats>();
  ASSERT_TRUE(stats);
  const std::int64_t busy_us = stats->engine_busy_us;
  stats = worker.receive_a<Stats>();
  ASSERT_TRUE(stats);
  EXPECT_GT(stats->engine_busy_us, busy_us);
  EXPECT_GE(stats->wall_us, stats->engine_busy_us);
  EXPECT_GT(stats->peak_rss_bytes, 1u << 20);
  worker.gate.open();
  EXPECT_TRUE(worker.receive_a<Outcome>()->done);
}

void expect_protocol_break(SessionHarness& worker) {
  EXPECT_EQ(worker.join(), 1);
  EXPECT_EQ(worker.left_with, 1);
}

TEST(Session, GarbageEndsTheWorker) {
  SessionHarness worker(answer_ones);
  worker.start(worker.setup());
  ASSERT_EQ(::send(worker.raw_fd, "garbage", 7, 0), 7);
  expect_protocol_break(worker);
}

TEST(Session, ALeaseBeforeReadyEndsTheWorker) {
  SessionHarness worker(answer_ones);
  worker.send(Lease{{{1, 1, "a", "a"}}});
  expect_protocol_break(worker);
}

TEST(Session, ALeaseAfterDrainEndsTheWorker) {
  HeldWorker worker;
  worker.start(worker.setup());
  worker.send(Lease{{{1, 1, worker.picture("a.png"), "a"}}});
  worker.send(Drain{});
  worker.send(Lease{{{2, 1, worker.picture("a.png"), "a"}}});
  expect_protocol_break(worker);
}

TEST(Session, ASecondSetupEndsTheWorker) {
  SessionHarness worker(answer_ones);
  worker.start(worker.setup());
  worker.send(worker.setup());
  expect_protocol_break(worker);
}

TEST(Session, ADrainBeforeSetupEndsTheWorker) {
  SessionHarness worker(answer_ones);
  worker.send(Drain{});
  expect_protocol_break(worker);
}

TEST(Session, AMessageForTheOtherSideEndsTheWorker) {
  SessionHarness worker(answer_ones);
  worker.send(Note{"hello?"});
  expect_protocol_break(worker);
}

}  // namespace
}  // namespace segfleet
