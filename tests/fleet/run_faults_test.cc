// SPDX-License-Identifier: Apache-2.0
// run() with workers that crash, hang, lie or fall silent, and with a user who stops it.
#include <gtest/gtest.h>

#include "process_traces.h"
#include "run_fixture.h"

namespace segfleet {
namespace {

constexpr double kShortTimeoutS = 0.3;  // for items that never end

TEST_F(FakeRun, CrashingItemFailsAloneAndItsNeighboursFinish) {
  add_pictures(20);
  add_picture("crash");
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.done, 20u);
  EXPECT_EQ(summary.progress.failed, 1u);
  EXPECT_EQ(seen_.items["crash"].error.code, ErrorCode::worker_crashed);
  EXPECT_EQ(query("SELECT code||':'||ifnull(stage,'none') FROM items WHERE stem = 'crash'"),
            "worker_crashed:none");
  ASSERT_FALSE(seen_.deaths.empty());
  EXPECT_EQ(seen_.deaths[0], "killed by signal 9 (SIGKILL)");
  EXPECT_TRUE(leftovers().empty());
}

TEST_F(FakeRun, ItemThatCrashesOnceIsDoneAtItsSecondAttempt) {
  add_pictures(5);
  add_picture("crash-once");
  EXPECT_EQ(run_well().progress.done, 6u);
  EXPECT_EQ(query("SELECT attempts > 1 FROM items WHERE stem = 'crash-once'"), "1");
}

TEST_F(FakeRun, HangingItemEndsAsTimeout) {
  add_pictures(5);
  add_picture("hang");
  options_.item_timeout_s = kShortTimeoutS;
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.done, 5u);
  EXPECT_EQ(seen_.items["hang"].error.code, ErrorCode::worker_timeout);
}

TEST_F(FakeRun, ItemThatHangsOnceIsDone) {
  add_pictures(5);
  add_picture("hang-once");
  options_.item_timeout_s = kShortTimeoutS;
  EXPECT_EQ(run_well().progress.done, 6u);
}

TEST_F(FakeRun, StoppedWorkerIsReplacedAndItsItemIsDone) {
  add_pictures(5);
  add_picture("stop-once");
  options_.devices = "sim:0";  // no other worker to help it
  options_.item_timeout_s = kShortTimeoutS;
  EXPECT_EQ(run_well().progress.done, 6u);
  ASSERT_FALSE(seen_.deaths.empty());
  EXPECT_NE(seen_.deaths[0].find("gave no outcome for 0.3 s"), std::string::npos) << seen_.deaths[0];
  EXPECT_EQ(children(), "");
}

// Its first worker waits for ever for what only another worker can do.
TEST_F(FakeRun, StragglerIsDoneByAnotherWorkerAndRecordedOnce) {
  add_pictures(40);
  add_picture("slow-once");
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.done, 41u);
  EXPECT_EQ(seen_.outcomes, 41);
  EXPECT_EQ(query("SELECT attempts FROM items WHERE stem = 'slow-once'"), "2");
  EXPECT_TRUE(seen_.deaths.empty());
  EXPECT_TRUE(leftovers().empty());
  EXPECT_EQ(children(), "");
}

// It stands still with a picture that another worker then does: nobody waits for its end.
TEST_F(FakeRun, LoserThatStandsStillDoesNotHoldTheRunUp) {
  add_pictures(40);
  add_picture("stop-once");
  EXPECT_EQ(run_well().progress.done, 41u);
  EXPECT_TRUE(leftovers().empty());
  EXPECT_EQ(children(), "");
}

TEST_F(FakeRun, MoreFailuresThanAllowedEndTheRunAndTheSameCommandGoesOn) {
  add_pictures(200);
  for (int i = 0; i < 3; ++i) add_picture("fail" + std::to_string(i));
  options_.max_failures = 2;
  const Result<RunSummary> first = run_now();
  ASSERT_FALSE(first.ok());
  EXPECT_EQ(first.error().code, ErrorCode::too_many_failures);
  EXPECT_EQ(query("SELECT status FROM runs"), "too_many_failures");
  EXPECT_EQ(query("SELECT count(*) FROM items WHERE state = 'failed'"), "3");
  options_.max_failures = 3;
  const RunSummary second = run_well();
  EXPECT_EQ(second.progress.done + second.progress.skipped, 200u);
  EXPECT_EQ(second.progress.failed, 3u);
}

TEST_F(FakeRun, WorkerThatExitsWithoutBeingAskedIsADeath) {
  add_pictures(5);
  add_picture("exit");
  EXPECT_EQ(run_well().progress.done, 5u);
  EXPECT_EQ(seen_.items["exit"].error.code, ErrorCode::worker_crashed);
  EXPECT_EQ(seen_.deaths[0], "exited with status 0");
}

TEST_F(FakeRun, WorkerThatSendsGarbageIsKilled) {
  add_pictures(5);
  add_picture("garbage");
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.done + summary.progress.failed, 6u);
  EXPECT_GE(summary.progress.done, 5u);
  ASSERT_FALSE(seen_.deaths.empty());
  EXPECT_NE(seen_.deaths[0].find("broke the protocol"), std::string::npos) << seen_.deaths[0];
}

TEST_F(FakeRun, OutcomeOfAnItemThatThereIsNotIsABrokenProtocol) {
  add_pictures(5);
  add_picture("strange-id");
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.done, 5u);
  EXPECT_NE(seen_.deaths[0].find("which there is not"), std::string::npos) << seen_.deaths[0];
}

TEST_F(FakeRun, SecondOutcomeOfAnItemIsDropped) {
  add_pictures(5);
  add_picture("twice");
  EXPECT_EQ(run_well().progress.done, 6u);
  EXPECT_EQ(seen_.outcomes, 6);
}

TEST_F(FakeRun, OutcomesThatComeTogetherCountOneByOne) {
  add_pictures(40);
  add_picture("fail");
  add_picture("twice");
  ::setenv("FAKE_WORKER", "together", 1);
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.done, 41u);
  EXPECT_EQ(summary.progress.failed, 1u);
  EXPECT_EQ(seen_.outcomes, 42);
  EXPECT_EQ(query("SELECT count(*) FROM items WHERE state = 'done' AND worker_pid > 0"), "41");
}

TEST_F(FakeRun, OneBadOutcomeAmongOthersBreaksTheProtocolOfAllThatFollow) {
  add_pictures(40);
  add_picture("strange-id");
  ::setenv("FAKE_WORKER", "together", 1);
  EXPECT_EQ(run_well().progress.done, 40u);
  ASSERT_FALSE(seen_.deaths.empty());
  EXPECT_NE(seen_.deaths[0].find("which there is not"), std::string::npos) << seen_.deaths[0];
}

TEST_F(FakeRun, WorkerThatNeverReadsCostsOnlyItself) {
  add_pictures(200);
  options_.item_timeout_s = kShortTimeoutS;
  ::setenv("FAKE_WORKER", "deaf-once", 1);
  EXPECT_EQ(run_well().progress.done, 200u);
}

TEST_F(FakeRun, WorkerThatDoesNotExitIsKilledInTheEnd) {
  add_pictures(2);
  ::setenv("FAKE_WORKER", "stays", 1);
  EXPECT_EQ(run_well().progress.done, 2u);
  EXPECT_EQ(children(), "");
}

TEST_F(FakeRun, WorkersThatCannotLoadEndTheRunWithTheirReason) {
  add_pictures(2);
  ::setenv("FAKE_WORKER", "load-failed", 1);
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_NE(summary.error().message.find("no engine in a fake worker"), std::string::npos)
      << summary.error().message;
  EXPECT_EQ(query("SELECT count(*) FROM items WHERE state = 'pending'"), "2");
  EXPECT_EQ(query("SELECT status <> 'finished' FROM runs"), "1");
  EXPECT_EQ(summary_file()["exit_status"], 1);
  EXPECT_EQ(summary_file()["items"]["pending"], 2);
}

TEST_F(FakeRun, AWorkerWithoutRoomIsLeftOutWithItsNumbersAndItsDeviceGoesOn) {
  add_pictures(20);
  options_.devices = "sim:0";
  options_.workers_per_device = 2;
  ::setenv("FAKE_WORKER", "no-room-once", 1);
  EXPECT_EQ(run_well().progress.done, 20u);
  EXPECT_TRUE(
      std::ranges::count(seen_.notes,
                         "sim:0: a worker could not load and is left out, 1 other of the device goes on: "
                         "the model needs 3 GiB, 1 GiB is free") == 1)
      << ::testing::PrintToString(seen_.notes);
  EXPECT_EQ(query("SELECT state FROM run_devices"), "stopped") << "not lost";
}

TEST_F(FakeRun, TheSummaryTellsTheExitStatusOfTheProgram) {
  add_pictures(1);
  ::setenv("FAKE_WORKER", "bad-option", 1);
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(summary_file()["exit_status"], 2);
}

TEST_F(FakeRun, OptionThatTheEngineRefusesIsSaidOnceAndEndsTheRun) {
  add_pictures(2);
  ::setenv("FAKE_WORKER", "bad-option", 1);
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().message, "no such option of a fake worker");
  EXPECT_TRUE(seen_.notes.empty()) << seen_.notes[0];
  EXPECT_TRUE(seen_.deaths.empty()) << seen_.deaths[0];
}

TEST_F(FakeRun, RunWithoutAResultDoesNotBindTheNextToItsOptions) {
  add_pictures(2);
  options_.engine_options = {{"no_such", "1"}};
  ::setenv("FAKE_WORKER", "bad-option", 1);
  EXPECT_FALSE(run_now().ok());
  options_.engine_options.clear();
  ::unsetenv("FAKE_WORKER");
  EXPECT_EQ(run_well().progress.done, 2u);
}

TEST_F(FakeRun, WorkersThatAlwaysDieEndTheRun) {
  add_pictures(2);
  ::setenv("FAKE_WORKER", "crash-on-load", 1);
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code, ErrorCode::device_lost);
  EXPECT_EQ(children(), "");
}

TEST_F(FakeRun, WorkerOfAnotherVersionIsRefused) {
  add_pictures(2);
  ::setenv("FAKE_WORKER", "other-version", 1);
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_NE(summary.error().message.find("0.0.1"), std::string::npos) << summary.error().message;
}

TEST_F(FakeRun, FullDiskEndsTheRunAndTheItemStaysPending) {
  add_pictures(3);
  add_picture("full-disk");
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code, ErrorCode::no_space);
  EXPECT_EQ(query("SELECT state FROM items WHERE stem = 'full-disk'"), "pending");
  EXPECT_EQ(query("SELECT status FROM runs"), "no_space");
  EXPECT_TRUE(leftovers().empty());
  std::filesystem::remove(pictures() / "full-disk.jpg");
  EXPECT_EQ(run_well().progress.failed, 0u);
  EXPECT_EQ(query("SELECT count(*) FROM items WHERE state = 'done'"), "3");
}

TEST_F(FakeRun, StopFinishesWhatIsLeasedAndTheSameCommandResumes) {
  add_pictures(300);
  seen_.on_item = [&](const ItemEvent&) {
    if (seen_.outcomes == 1) stop_.request();
  };
  const RunSummary first = run_well();
  EXPECT_TRUE(first.interrupted);
  EXPECT_LT(first.progress.done, 300u);
  EXPECT_TRUE(seen_.deaths.empty());
  EXPECT_EQ(query("SELECT status FROM runs"), "interrupted");
  EXPECT_EQ(query("SELECT count(*) FROM items WHERE state = 'done'"), std::to_string(first.progress.done));
  EXPECT_EQ(summary_file()["exit_status"], 130);
  const RunSummary second = run_well();
  EXPECT_FALSE(second.interrupted);
  EXPECT_EQ(second.progress.skipped, first.progress.done);
  EXPECT_EQ(second.progress.done + second.progress.skipped, 300u);
  EXPECT_EQ(seen_.outcomes, 300);
}

TEST_F(FakeRun, SecondStopKillsAtOnce) {
  add_picture("before");  // also where one worker gets both
  add_picture("hang");
  seen_.on_item = [&](const ItemEvent&) {
    stop_.request();
    stop_.request();
  };
  EXPECT_TRUE(run_well().interrupted);
  EXPECT_TRUE(seen_.deaths.empty());
  EXPECT_EQ(children(), "");
  EXPECT_TRUE(leftovers().empty());
}

TEST_F(FakeRun, StopBeforeTheStartTouchesNothing) {
  add_pictures(3);
  stop_.request();
  const Result<RunSummary> stopped = run_now();
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, ErrorCode::interrupted);
  EXPECT_EQ(seen_.outcomes, 0);
  EXPECT_FALSE(std::filesystem::exists(options_.output));
}

TEST_F(FakeRun, StickyRunEndsWithItsWorkerAndIsNotGoneOnWith) {
  add_pictures(2);
  add_picture("crash");
  options_.devices = "sim:0";
  options_.sticky_resize_by_short = true;
  options_.inputs = {(pictures() / "p0.jpg").string(), (pictures() / "crash.jpg").string(),
                     (pictures() / "p1.jpg").string()};
  const Result<RunSummary> first = run_now();
  ASSERT_FALSE(first.ok());
  EXPECT_EQ(first.error().code, ErrorCode::worker_crashed);
  const Result<RunSummary> second = run_now();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::resume_mismatch);
  EXPECT_NE(second.error().message.find("--restart"), std::string::npos);
}

TEST_F(FakeRun, NoteOfSeveralWorkersIsToldOnce) {
  add_pictures(20);
  run_well();
  EXPECT_EQ(std::count(seen_.notes.begin(), seen_.notes.end(), "a note of a fake worker"), 1);
}

}  // namespace
}  // namespace segfleet
