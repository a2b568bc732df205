// SPDX-License-Identifier: Apache-2.0
// From a ledger to a report's figures, page and trace.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "fleet/ledger/ledger.h"
#include "report/facts/collect_facts.h"
#include "report/page/page.h"
#include "report/report.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

constexpr std::int64_t kMs = 1000;

// A run on one device of one lane: 100 ms of loading, then items that each take 100 ms, of which `infer_ms`
// in the engine; before that they are decoded, after it written in no time.
class FactsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<Ledger> opened = Ledger::open(folder_.path() / "ledger.sqlite");
    ASSERT_TRUE(opened.ok());
    ledger_.emplace(std::move(*opened));
    ASSERT_TRUE(ledger_->begin_run("{}", "0.1.0").ok());
    worker_.number = 1;
    worker_.device = "sim:0";
    worker_.pid = 4321;
    worker_.ready_us = 100 * kMs;
    worker_.lanes = 1;
    worker_.batch = 1;
  }
  void add_items(int count, std::int64_t infer_ms, const std::string& name = "a") {
    SourceList sources;
    for (int i = 0; i < count; ++i)
      sources.items.push_back({"in/" + name + std::to_string(i) + ".jpg", name + std::to_string(i), 10, 5});
    const auto entries = ledger_->reconcile(sources, folder_.path(), {true, false});
    for (int i = 0; i < count; ++i) {
      const std::int64_t begin = (100 + 100 * i) * kMs;
      const std::int64_t infer = begin + (100 - infer_ms) * kMs;
      RecordedOutcome recorded;
      Outcome& outcome = recorded.outcome;
      outcome.id = (*entries)[static_cast<std::size_t>(i)].id;
      outcome.done = true;
      outcome.picture = {4, 3};
      outcome.mask_bytes = 9;
      outcome.stage_us = {0, (100 - infer_ms) * kMs, 0, 0, infer_ms * kMs, 0, 0, 0};
      outcome.moments_us = {
          begin, infer, begin + 100 * kMs, begin + 100 * kMs, begin + 100 * kMs, begin + 100 * kMs};
      outcome.class_pixels = {{0, 10}, {2, 2}};
      recorded.device = "sim:0";
      recorded.worker = 1;
      ledger_->record(std::move(recorded));
    }
    worker_.ended_us = (100 + 100 * count) * kMs;
  }
  RunFacts facts() {
    ledger_->record(worker_);
    EXPECT_TRUE(ledger_->flush().ok());
    const Result<LedgerReader> reader = LedgerReader::open(folder_.path() / "ledger.sqlite");
    EXPECT_TRUE(reader.ok());
    Result<RunFacts> facts = collect_facts(*reader, *find_run(*reader, {}));
    EXPECT_TRUE(facts.ok()) << facts.error().message;
    return std::move(facts).value();
  }
  static double share(const RunFacts& facts, LaneUse use) {
    return facts.shares[static_cast<std::size_t>(use)];
  }

  // A second one, in a slot of its own; otherwise as worker_.
  WorkerRecord second_worker() const {
    WorkerRecord worker = worker_;
    worker.number = 2;
    worker.slot = 1;
    return worker;
  }
  // Of a device that was added again, until the run ended.
  WorkerRecord worker_again(std::int64_t started_us) const {
    WorkerRecord worker = second_worker();
    worker.started_us = worker.ready_us.emplace(started_us);
    worker.ended_us = 1000 * kMs;
    worker.end = "drained";
    return worker;
  }

  TempFolder folder_;
  std::optional<Ledger> ledger_;
  WorkerRecord worker_;
};

TEST_F(FactsTest, SharesOfTheTimeAddUpAndNameTheLimit) {
  worker_.end = "drained";
  add_items(9, 25);
  const RunFacts facts = this->facts();
  EXPECT_EQ(facts.bins.end_us, 1000 * kMs);
  EXPECT_NEAR(share(facts, LaneUse::loading), 0.1, 1e-6);
  EXPECT_NEAR(share(facts, LaneUse::busy), 0.225, 1e-6);
  EXPECT_NEAR(share(facts, LaneUse::input), 0.675, 1e-6);
  EXPECT_NE(facts.limit.find("Decoding is the limit: the engines waited 68 %"), std::string::npos)
      << facts.limit;
  for (const LaneShares& bin : facts.shares_by_bin)
    EXPECT_NEAR(std::accumulate(bin.begin(), bin.end(), 0.0), 1, 1e-6);
}

TEST_F(FactsTest, AnEngineThatAlwaysComputesIsTheLimit) {
  worker_.end = "drained";
  add_items(19, 100);
  const RunFacts facts = this->facts();
  EXPECT_NEAR(share(facts, LaneUse::busy), 0.95, 1e-6);
  EXPECT_NE(facts.limit.find("The engines are the limit"), std::string::npos) << facts.limit;
}

TEST_F(FactsTest, Bf16IsProposedOnlyWhereItWouldHelp) {
  worker_.end = "drained";
  add_items(19, 100);
  RunFacts facts = this->facts();
  facts.identity = {{"precision", "fp32"}, {"engine", "openvino"}};
  facts.devices.at(0).device = "cpu:0-3";
  const auto proposed = [](RunFacts judged, bool cpu_has_bf16) {
    judge_limit(judged, cpu_has_bf16);
    EXPECT_NE(judged.advice.find("More devices would help"), std::string::npos) << judged.advice;
    return judged.advice.find("bf16") != std::string::npos;
  };
  EXPECT_TRUE(proposed(facts, true));
  EXPECT_FALSE(proposed(facts, false));
  for (const auto& [what, value] :
       std::map<std::string, std::string>{{"precision", "bf16"}, {"engine", "onnxruntime"}}) {
    RunFacts other = facts;
    other.identity[what] = value;
    EXPECT_FALSE(proposed(other, true)) << value;
  }
  facts.devices[0].device = "gpu:0";
  EXPECT_FALSE(proposed(facts, true));
}

TEST_F(FactsTest, ARunThatFoundAllDonePointsAtTheOneThatDidIt) {
  add_items(3, 100);
  ledger_->record(worker_);
  ASSERT_TRUE(ledger_->flush().ok());
  ASSERT_TRUE(ledger_->begin_run("{}", "0.1.0").ok());
  const Result<LedgerReader> reader = LedgerReader::open(folder_.path() / "ledger.sqlite");
  const Result<RunFacts> facts = collect_facts(*reader, *find_run(*reader, {}));
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->limit, "This run had no item to compute.");
  EXPECT_NE(facts->advice.find("--run 1 "), std::string::npos) << facts->advice;
}

TEST_F(FactsTest, CountsOfAllBinsAreThoseOfTheRun) {
  add_items(9, 25);
  const RunFacts facts = this->facts();
  EXPECT_EQ(std::accumulate(facts.done_by_bin.begin(), facts.done_by_bin.end(), std::int64_t{0}), 9);
  EXPECT_EQ(facts.done, 9);
  EXPECT_EQ(facts.devices.at(0).done, 9);
  EXPECT_NEAR(facts.first_done_s, 0.2, 1e-6);
  const std::vector<double>& infer = facts.devices[0].occupancy[static_cast<std::size_t>(Row::infer)];
  EXPECT_NEAR(std::accumulate(infer.begin(), infer.end(), 0.0) / static_cast<double>(infer.size()), 0.225,
              1e-6);
  ASSERT_EQ(facts.classes.size(), 2u);
  EXPECT_EQ(facts.classes[0].pixels, 90);
  EXPECT_EQ(facts.stages[1].quantiles_us.back(), 75 * kMs);
}

TEST_F(FactsTest, TimeOfADeadWorkerAfterItsLastOutcomeIsLost) {
  add_items(4, 100);
  worker_.end = "died";
  worker_.ended_us = 1000 * kMs;
  const RunFacts facts = this->facts();
  EXPECT_NEAR(share(facts, LaneUse::down), 0.5, 1e-6);
  EXPECT_EQ(facts.devices.at(0).died, 1);
  EXPECT_EQ(facts.devices.at(0).deaths_s, std::vector<double>{1.0});
  EXPECT_NE(facts.limit.find("Workers died"), std::string::npos) << facts.limit;
}

TEST_F(FactsTest, ADeviceWhoseLastWorkerDiedIsDownToTheEnd) {
  add_items(4, 100);
  worker_.end = "died";
  RunSample later;
  later.at_us = 1000 * kMs;
  later.device = "sim:0";
  ledger_->record(later);
  EXPECT_NEAR(share(facts(), LaneUse::down), 0.5, 1e-6);
}

TEST_F(FactsTest, ADeviceCountsFromWhenItWasAddedUntilItWasRemoved) {
  add_items(4, 100);
  worker_.end = "drained";
  ledger_->record(worker_again(600 * kMs));
  ledger_->record(RunChange{450 * kMs, "sim:0", "removed"});
  ledger_->record(RunChange{600 * kMs, "sim:0", "added"});
  const RunFacts facts = this->facts();
  ASSERT_EQ(facts.devices.size(), 1u);
  EXPECT_EQ(facts.devices[0].lanes, 1);
  EXPECT_EQ(facts.devices[0].workers, 2);
  EXPECT_NEAR(facts.devices[0].there_s, 0.85, 1e-6);
  EXPECT_NEAR(share(facts, LaneUse::no_item), 400.0 / 900, 1e-6);
  EXPECT_NEAR(share(facts, LaneUse::busy), 400.0 / 900, 1e-6);
}

TEST_F(FactsTest, ADeviceThatWasLostAndAddedAgainIsLostUntilThen) {
  add_items(4, 100);
  worker_.end = "died";
  ledger_->record(worker_again(700 * kMs));
  ledger_->record(RunChange{500 * kMs, "sim:0", "lost"});
  ledger_->record(RunChange{700 * kMs, "sim:0", "added"});
  const RunFacts facts = this->facts();
  EXPECT_EQ(facts.devices.at(0).lanes, 1);
  EXPECT_NEAR(share(facts, LaneUse::down), 0.2, 1e-6);
  EXPECT_NEAR(share(facts, LaneUse::no_item), 0.3, 1e-6);
}

TEST_F(FactsTest, ADeviceThatWasTooSmallForTheModelHadNothingToWaitFor) {
  add_items(9, 100);
  worker_.end = "drained";
  WorkerRecord small = second_worker();
  small.device = "sim:1";
  small.ready_us.reset();
  small.ended_us = 50 * kMs;
  ledger_->record(small);
  ledger_->record(RunChange{50 * kMs, "sim:1", "lost"});
  const RunFacts facts = this->facts();
  EXPECT_NEAR(share(facts, LaneUse::no_item), 0, 1e-6);
  EXPECT_NEAR(share(facts, LaneUse::busy), 900.0 / 1050, 1e-6);
}

TEST_F(FactsTest, APauseIsNotTooLittleWork) {
  add_items(4, 100);
  worker_.end = "drained";
  worker_.ended_us = 1000 * kMs;
  ledger_->record(RunChange{500 * kMs, "", "paused"});
  ledger_->record(RunChange{950 * kMs, "", "resumed"});
  const RunFacts facts = this->facts();
  EXPECT_NEAR(share(facts, LaneUse::paused), 0.45, 1e-6);
  EXPECT_NEAR(share(facts, LaneUse::no_item), 0.05, 1e-6);
  EXPECT_EQ(facts.limit, "The run was paused 45 % of the time.");
}

TEST_F(FactsTest, LanesOfADeviceAreThoseOfAllItsWorkers) {
  worker_.lanes = 2;
  worker_.end = "drained";
  add_items(4, 100);
  WorkerRecord other = second_worker();
  ledger_->record(other);
  const RunFacts facts = this->facts();
  EXPECT_EQ(facts.devices.at(0).lanes, 4);
  EXPECT_NEAR(share(facts, LaneUse::busy), 0.2, 1e-6);
  EXPECT_NEAR(facts.devices[0].occupancy[static_cast<std::size_t>(Row::infer)].back(), 0.25, 1e-6);
}

TEST_F(FactsTest, ARunThatIsBusyEndsWhereItIsKnownTo) {
  add_items(3, 100);
  worker_.ended_us.reset();
  const RunFacts facts = this->facts();
  EXPECT_EQ(facts.bins.end_us, 400 * kMs);
  EXPECT_TRUE(facts.run.ended_at.empty());
}

TEST_F(FactsTest, ARunWithoutItemsIsSaidToHaveNone) {
  const Result<LedgerReader> reader = LedgerReader::open(folder_.path() / "ledger.sqlite");
  const Result<RunFacts> facts = collect_facts(*reader, *find_run(*reader, {}));
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->limit, "This run had no item to compute.");
}

TEST_F(FactsTest, ARunThatIsNotThereIsNamedWithThoseThatAre) {
  const Result<LedgerReader> reader = LedgerReader::open(folder_.path() / "ledger.sqlite");
  const Result<RunRecord> run = find_run(*reader, 7);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().code, ErrorCode::not_found);
  EXPECT_NE(run.error().message.find("no run 7: its runs are 1 to 1"), std::string::npos);
}

TEST_F(FactsTest, WhatAMonitorSawIsShownByDevice) {
  add_items(3, 100);
  RunSample sample;
  sample.at_us = 200 * kMs;
  sample.span_us = 100 * kMs;
  sample.device = "sim:0";
  sample.device_util = 0.25;
  sample.temperature_c = 61;
  sample.memory_used_bytes = 5;
  ledger_->record(sample);
  sample.device_util = 0.75;
  sample.temperature_c = 60;
  sample.throttled = true;
  ledger_->record(sample);
  const DeviceFacts device = facts().devices.at(0);
  EXPECT_EQ(device.util, 0.5);
  EXPECT_EQ(device.max_temperature_c, 61);
  EXPECT_EQ(device.memory_used_bytes, 5);
  EXPECT_EQ(device.throttled_samples, 1);
  EXPECT_FALSE(device.mean_power_w);
}

TEST_F(FactsTest, ANameCannotEndThePagesScript) {
  add_items(3, 100, "</script><script>alert(1)</script>");
  RunFacts facts = this->facts();
  facts.slowest.at(0).input += "\xff";
  const std::string page = page_html(facts, {}, "out");
  EXPECT_EQ(page.find("alert(1)</script>"), std::string::npos);
  EXPECT_NE(page.find("\\u003cscript>alert(1)"), std::string::npos);
  EXPECT_EQ(page.find("{{"), std::string::npos);
  EXPECT_EQ(page.find('\xff'), std::string::npos);
}

TEST_F(FactsTest, TheTraceHasEverySpanOnce) {
  worker_.end = "drained";
  add_items(3, 40);
  (void)facts();
  ReportOptions options;
  options.output = folder_.path();
  options.trace = folder_.path() / "trace.json";
  const Result<Report> report = write_report(options);
  ASSERT_TRUE(report.ok()) << report.error().message;
  std::ifstream file(options.trace);
  const nlohmann::json trace = nlohmann::json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  std::map<std::string, int> spans;
  for (const auto& event : trace["traceEvents"])
    if (event["ph"] == "X") ++spans[event["name"]];
  for (const std::string name : {"prepare", "decode", "infer", "finish", "encode", "write"})
    EXPECT_EQ(spans[name], 3) << name;
  EXPECT_EQ(spans["load"], 1);
}

}  // namespace
}  // namespace segfleet
