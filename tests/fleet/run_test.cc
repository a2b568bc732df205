// SPDX-License-Identifier: Apache-2.0
// run() with workers that behave: outcomes, resume, refusals, and what lies in the output folder afterwards.
#include "segfleet/run.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "process_traces.h"
#include "run_fixture.h"

namespace segfleet {
namespace {

TEST_F(FakeRun, EveryPictureGetsItsMaskAndItsRow) {
  add_pictures(40);
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.done, 40u);
  EXPECT_EQ(seen_.total, 40u);
  EXPECT_EQ(seen_.outcomes, 40);
  // 2 attempts: of the last ones a copy may be given to a worker that has nothing left.
  EXPECT_EQ(
      query("SELECT count(*) FROM items WHERE state = 'done' AND attempts IN (1, 2) AND worker_pid > 0"),
      "40");
  EXPECT_EQ(*read_text_file(mask("p7"), 100), "p7");
  EXPECT_EQ(query("SELECT mask_hash FROM items WHERE stem = 'p7'"),
            hash_hex(std::as_bytes(std::span("p7", 2))));
  EXPECT_EQ(query("SELECT status||done||failed FROM runs"), "finished400");
  EXPECT_TRUE(leftovers().empty());
}

TEST_F(FakeRun, SummaryFileSaysWhatHappened) {
  add_pictures(3);
  add_picture("fail");
  run_well();
  const nlohmann::json summary = summary_file();
  EXPECT_EQ(summary["exit_status"], 3);
  EXPECT_EQ(summary["items"]["done"], 3);
  EXPECT_EQ(summary["items"]["failed"], 1);
  EXPECT_EQ(summary["items"]["pending"], 0);
  EXPECT_EQ(summary["failures"][0]["code"], "input_corrupt");
  EXPECT_EQ(summary["failures"][0]["count"], 1);
  EXPECT_TRUE(summary["failures"][0]["examples"][0]["input"].get<std::string>().ends_with("fail.jpg"));
  EXPECT_EQ(summary["devices"].size(), 2u);
  EXPECT_EQ(summary["engine"]["version"], "1.0");
  EXPECT_DOUBLE_EQ(summary["stage_mean_ms"]["write"].get<double>(), 0.008);
}

TEST_F(FakeRun, EveryFieldOfTheSummaryIsExplained) {
  add_picture("fail");
  run_well();
  const std::string page = *read_text_file(SEGFLEET_SOURCE_FOLDER "/docs/ledger.md", 1 << 20);
  const std::string section = page.substr(page.find("## summary.json"));
  const nlohmann::json summary = summary_file();
  const auto check = [&](const nlohmann::json& fields, const std::string& prefix) {
    for (const auto& [key, value] : fields.items())
      EXPECT_NE(section.find("`" + prefix + key + "`"), std::string::npos) << prefix << key;
  };
  check(summary, "");
  for (const char* part : {"items", "times", "model", "engine"})
    check(summary[part], std::string(part) + ".");
  check(summary["devices"][0], "devices[].");
  check(summary["failures"][0], "failures[].");
}

TEST_F(FakeRun, SecondRunStartsNoWorker) {
  add_pictures(3);
  run_well();
  ::setenv("FAKE_WORKER", "crash-on-load", 1);
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.skipped, 3u);
  EXPECT_EQ(summary.progress.done, 0u);
  EXPECT_TRUE(seen_.deaths.empty());
}

TEST_F(FakeRun, OnlyWhatIsNewOrChangedIsComputed) {
  add_pictures(3);
  run_well();
  add_picture("new");
  std::ofstream(pictures() / "p1.jpg") << "another picture, of another size";
  std::filesystem::remove(mask("p2"));
  seen_.items.clear();
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.skipped, 1u);
  EXPECT_EQ(seen_.items.count("p0"), 0u);
  EXPECT_EQ(seen_.items.size(), 3u);
  EXPECT_EQ(*read_text_file(mask("p2"), 100), "p2");
}

TEST_F(FakeRun, MissingInputIsAFailedItemAmongTheOthers) {
  add_pictures(2);
  std::ofstream(folder_.path() / "list.txt") << (pictures() / "p0.jpg").string() << "\n"
                                             << (pictures() / "gone.jpg").string() << "\n";
  options_.inputs = {"@" + (folder_.path() / "list.txt").string()};
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.total, 2u);
  EXPECT_EQ(summary.progress.done, 1u);
  EXPECT_EQ(summary.progress.failed, 1u);
  EXPECT_EQ(query("SELECT count(*) FROM items WHERE state = 'failed' AND stage = 'read'"), "1");
}

TEST_F(FakeRun, GoneInputThatIsDoneCountsAsSkippedAndItsMaskStays) {
  add_pictures(2);
  std::ofstream(folder_.path() / "list.txt") << (pictures() / "p0.jpg").string() << "\n"
                                             << (pictures() / "p1.jpg").string() << "\n";
  options_.inputs = {"@" + (folder_.path() / "list.txt").string()};
  run_well();
  std::filesystem::remove(pictures() / "p0.jpg");
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.total, 2u);
  EXPECT_EQ(summary.progress.skipped, 2u);
  EXPECT_EQ(summary.progress.failed, 0u);
  EXPECT_EQ(query("SELECT count(*) FROM items WHERE state = 'done'"), "2");
  EXPECT_TRUE(std::filesystem::exists(mask("pictures/p0")));
  EXPECT_EQ(std::count_if(seen_.notes.begin(), seen_.notes.end(),
                          [](const std::string& note) { return note.starts_with("1 input is gone"); }),
            1);
  std::filesystem::remove(mask("pictures/p0"));
  EXPECT_EQ(run_well().progress.failed, 1u) << "nothing is left of it";
}

TEST_F(FakeRun, ItemThatIsNoLongerListedStaysDoneAndIsNoPartOfTheRun) {
  add_pictures(2);
  run_well();
  options_.inputs = {(pictures() / "p1.jpg").string()};
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.total, 1u);
  EXPECT_EQ(summary.progress.skipped, 1u);
  EXPECT_EQ(query("SELECT count(*) FROM items WHERE state = 'done'"), "2");
  EXPECT_TRUE(std::filesystem::exists(mask("p0")));
}

TEST_F(FakeRun, OtherSpellingsOfAPathAreTheSameItems) {
  add_pictures(2);
  run_well();
  const std::string given = options_.inputs[0];
  for (const std::string& spelling : {given + "/", given + "/.", given + "//", given + "/../pictures",
                                      "/." + given, std::filesystem::relative(pictures()).string()}) {
    options_.inputs = {spelling};
    EXPECT_EQ(run_well().progress.skipped, 2u) << spelling;
  }
  EXPECT_EQ(query("SELECT count(*) FROM items"), "2");
  EXPECT_EQ(query("SELECT input FROM items WHERE stem = 'p0'"), given + "/p0.jpg");
  std::ofstream(pictures() / "p1.jpg") << "another picture, of another size";
  EXPECT_EQ(run_well().progress.done, 1u);
  EXPECT_EQ(query("SELECT count(*) FROM items WHERE state = 'done'"), "2");
}

TEST_F(FakeRun, RelativePathsMeanTheSameFromAnotherFolder) {
  add_pictures(2);
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  options_.inputs = {"pictures"};
  run_well();
  std::filesystem::current_path(pictures());
  options_.inputs = {"../pictures"};
  EXPECT_EQ(run_well().progress.skipped, 2u);
  std::filesystem::current_path(before);
  EXPECT_EQ(query("SELECT path FROM items WHERE input = 'pictures/p1.jpg'"), pictures() / "p1.jpg");
}

TEST_F(FakeRun, FolderInPlaceOfTheLedgerIsNamedAndSetAsideByRestart) {
  add_pictures(1);
  const std::filesystem::path ledger = options_.output / "ledger.sqlite";
  std::filesystem::create_directories(ledger);
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code, ErrorCode::ledger_error);
  for (const char* part : {ledger.c_str(), "is a folder", "move it away", "--restart"})
    EXPECT_NE(summary.error().message.find(part), std::string::npos) << summary.error().message;
  options_.resume = ResumeMode::restart;
  EXPECT_EQ(run_well().progress.done, 1u);
  EXPECT_TRUE(std::filesystem::is_directory(ledger.native() + ".set-aside"));
}

TEST_F(FakeRun, FolderInPlaceOfAMaskCostsThatItemAlone) {
  add_pictures(3);
  std::filesystem::create_directories(mask("p1"));
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.done, 2u);
  EXPECT_EQ(summary.progress.failed, 1u);
  const Error& error = seen_.items["p1"].error;
  EXPECT_EQ(error.code, ErrorCode::output_conflict);
  for (const char* part : {"/out/masks/p1.png", "a folder", "move it away"})
    EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
  EXPECT_EQ(seen_.items["p1"].stage, "write");
  std::filesystem::remove(mask("p1"));
  EXPECT_EQ(run_well().progress.done, 1u);
}

TEST_F(FakeRun, OtherPixelOptionsAreRefusedByName) {
  add_pictures(1);
  run_well();
  options_.output_size = OutputSize::network;
  options_.precision = Precision::bf16;
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code, ErrorCode::resume_mismatch);
  for (const char* part :
       {"--size was original and is now network", "--precision was fp32 and is now bf16", "--restart"})
    EXPECT_NE(summary.error().message.find(part), std::string::npos) << summary.error().message;
}

TEST_F(FakeRun, OtherEngineOptionsAreRefusedByName) {
  add_pictures(1);
  options_.engine_options = {{"classes", "5"}, {"kept", "1"}};
  run_well();
  options_.engine_options = {{"kept", "1"}, {"output", "scores"}};
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code, ErrorCode::resume_mismatch);
  for (const char* part : {"--engine-option classes was 5 and is now not set",
                           "--engine-option output was not set and is now scores", "--restart"})
    EXPECT_NE(summary.error().message.find(part), std::string::npos) << summary.error().message;
  EXPECT_EQ(summary.error().message.find("kept"), std::string::npos) << summary.error().message;
  options_.engine_options = {{"classes", "5"}, {"kept", "1"}};
  EXPECT_EQ(run_well().progress.skipped, 1u);
}

TEST_F(FakeRun, AnotherModelIsRefused) {
  add_pictures(1);
  run_well();
  std::ofstream(model() / "model.onnx") << "another graph";
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code, ErrorCode::resume_mismatch);
  EXPECT_NE(summary.error().message.find("--model was "), std::string::npos);
}

TEST_F(FakeRun, RestartForgetsTheOldResults) {
  add_pictures(2);
  run_well();
  std::filesystem::remove(pictures() / "p1.jpg");
  options_.resume = ResumeMode::restart;
  options_.output_size = OutputSize::network;
  const RunSummary summary = run_well();
  EXPECT_EQ(summary.progress.done, 1u);
  EXPECT_FALSE(std::filesystem::exists(mask("p1")));
  EXPECT_EQ(query("SELECT count(*) FROM items"), "1");
  EXPECT_EQ(query("SELECT count(*) FROM runs"), "2");
}

TEST_F(FakeRun, RestartSetsADamagedLedgerAside) {
  add_pictures(1);
  std::filesystem::create_directories(options_.output);
  std::ofstream(options_.output / "ledger.sqlite") << std::string(5000, 'x');
  EXPECT_EQ(run_now().error().code, ErrorCode::ledger_error);
  options_.resume = ResumeMode::restart;
  EXPECT_EQ(run_well().progress.done, 1u);
  EXPECT_TRUE(std::filesystem::exists(options_.output / "ledger.sqlite.set-aside"));
}

TEST_F(FakeRun, ResumeWithoutALedgerIsRefusedAndMakesNothing) {
  add_pictures(1);
  options_.resume = ResumeMode::resume;
  EXPECT_EQ(run_now().error().code, ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(options_.output));
}

TEST_F(FakeRun, FolderInUseIsRefused) {
  add_pictures(2);
  std::optional<Result<RunSummary>> second;
  seen_.on_item = [&](const ItemEvent&) {
    if (second) return;
    RunObserver nobody;
    second = run(options_, nobody, stop_);
  };
  run_well();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->error().code, ErrorCode::output_locked);
}

TEST_F(FakeRun, FileInPlaceOfTheOutputFolderIsOneClearLine) {
  add_pictures(1);
  std::ofstream(options_.output) << "a file";
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_NE(summary.error().message.find(options_.output.native()), std::string::npos);
}

TEST_F(FakeRun, LeavesNoProcessAndNoDescriptor) {
  add_pictures(10);
  add_picture("crash-once");
  run_well();  // whatever the libraries open once is open now
  const int descriptors = open_descriptors();
  const std::string processes = children();
  options_.resume = ResumeMode::restart;
  run_well();
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(children(), processes);
  EXPECT_EQ(children(), "");
}

struct Refusal {
  const char* name;
  std::function<void(RunOptions&)> change;
  ErrorCode code;
  const char* words;
};
class RefusedRun : public FakeRun, public ::testing::WithParamInterface<Refusal> {};

TEST_P(RefusedRun, NamesTheOptionAndTouchesNothing) {
  add_pictures(1);
  GetParam().change(options_);
  const Result<RunSummary> summary = run_now();
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code, GetParam().code);
  EXPECT_NE(summary.error().message.find(GetParam().words), std::string::npos) << summary.error().message;
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "out"));
}

INSTANTIATE_TEST_SUITE_P(
    Options, RefusedRun,
    ::testing::Values(
        Refusal{"NoModel", [](RunOptions& o) { o.model.clear(); }, ErrorCode::invalid_argument, "--model"},
        Refusal{"NoInput", [](RunOptions& o) { o.inputs.clear(); }, ErrorCode::invalid_argument, "--input"},
        Refusal{"NoOutput", [](RunOptions& o) { o.output.clear(); }, ErrorCode::invalid_argument, "--output"},
        Refusal{"NothingToWrite", [](RunOptions& o) { o.write_mask = false; }, ErrorCode::invalid_argument,
                "--outputs"},
        Refusal{"TooManyLanes", [](RunOptions& o) { o.lanes = 65; }, ErrorCode::invalid_argument, "--lanes"},
        Refusal{"NegativeThreads", [](RunOptions& o) { o.threads = -1; }, ErrorCode::invalid_argument,
                "--threads"},
        Refusal{"StickyOnTwoLanes",
                [](RunOptions& o) {
                  o.sticky_resize_by_short = true;
                  o.lanes = 2;
                },
                ErrorCode::invalid_argument, "--lanes 1"},
        Refusal{"NoWorkers", [](RunOptions& o) { o.workers_per_device = 0; }, ErrorCode::invalid_argument,
                "--workers-per-device 0"},
        Refusal{"NoBatch", [](RunOptions& o) { o.batch = 0; }, ErrorCode::invalid_argument, "--batch 0"},
        Refusal{"NoTime", [](RunOptions& o) { o.item_timeout_s = 0; }, ErrorCode::invalid_argument,
                "--item-timeout"},
        Refusal{"EngineIsAPath", [](RunOptions& o) { o.engine = "../x"; }, ErrorCode::invalid_argument,
                "--engine"},
        Refusal{"NoSuchEngine", [](RunOptions& o) { o.engine = "no_such_engine"; },
                ErrorCode::engine_unavailable, "'no_such_engine' is not installed; looked in"},
        Refusal{"StickyInBatches",
                [](RunOptions& o) {
                  o.sticky_resize_by_short = true;
                  o.batch = 2;
                },
                ErrorCode::invalid_argument, "--batch 1"},
        Refusal{"StickyOnTwoDevices", [](RunOptions& o) { o.sticky_resize_by_short = true; },
                ErrorCode::invalid_argument, "needs one worker"},
        Refusal{"NoWorkerProgram", [](RunOptions& o) { o.worker_program = "/nonexistent/w"; },
                ErrorCode::not_found, "/nonexistent/w"},
        Refusal{"MissingModel", [](RunOptions& o) { o.model = "/nonexistent/m"; }, ErrorCode::not_found,
                "/nonexistent/m"},
        Refusal{"MissingInput", [](RunOptions& o) { o.inputs = {"/nonexistent/i"}; }, ErrorCode::not_found,
                "/nonexistent/i"}),
    [](const auto& refusal) { return refusal.param.name; });

}  // namespace
}  // namespace segfleet
