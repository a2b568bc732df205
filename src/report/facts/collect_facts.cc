// SPDX-License-Identifier: Apache-2.0
#include "report/facts/collect_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fleet/device/cpu_bf16.h"
#include "fleet/ledger/decode_effect.h"
#include "report/facts/device_time.h"
#include "report/facts/gauges.h"

namespace segfleet {
namespace {

constexpr std::size_t kMaxBins = 240;
constexpr int kSlowest = 20;
constexpr int kFailures = 200;

// So that a page of many devices stays small: each bin is a cell in four rows of each device.
std::size_t bin_count(std::size_t devices) {
  constexpr std::size_t kCells = 16'000;
  return std::clamp<std::size_t>(kCells / (kRows * std::max<std::size_t>(1, devices)), 60, kMaxBins);
}

DeviceFacts& device_of(RunFacts& facts, const std::string& name) {
  const auto found = std::find_if(facts.devices.begin(), facts.devices.end(),
                                  [&](const DeviceFacts& device) { return device.device == name; });
  if (found != facts.devices.end()) return *found;
  DeviceFacts& device = facts.devices.emplace_back();
  device.device = name;
  return device;
}

Status count_items(const LedgerReader& ledger, RunFacts& facts) {
  facts.done_by_bin.resize(facts.bins.count);
  facts.failed_by_bin.resize(facts.bins.count);
  std::array<double, kStageCount> sums{};
  SEGFLEET_RETURN_IF_ERROR(ledger.each_item(facts.run.id, [&](const ItemRecord& item) {
    auto& total = item.done ? facts.done : facts.failed;
    auto& by_bin = item.done ? facts.done_by_bin : facts.failed_by_bin;
    ++total;
    ++by_bin[facts.bins.of(item.ended_us)];
    if (item.attempts > 1) ++facts.retried;
    if (!item.device.empty()) {
      DeviceFacts& device = device_of(facts, item.device);
      ++(item.done ? device.done : device.failed);
    }
    if (!item.done) return;
    const double ended_s = static_cast<double>(item.ended_us) * 1e-6;
    if (facts.first_done_s < 0 || ended_s < facts.first_done_s) facts.first_done_s = ended_s;
    for (std::size_t i = 0; i < kStageCount; ++i) sums[i] += static_cast<double>(item.stage_us[i]);
  }));
  const std::vector<double> shares(kQuantiles.begin(), kQuantiles.end());
  for (std::size_t i = 0; i < kStageCount; ++i) {
    StageFacts& stage = facts.stages.emplace_back();
    stage.stage = static_cast<Stage>(i);
    if (facts.done == 0) continue;
    stage.mean_us = sums[i] / static_cast<double>(facts.done);
    Result<std::vector<std::int64_t>> quantiles = ledger.quantiles(facts.run.id, stage.stage, shares);
    SEGFLEET_RETURN_IF_ERROR(quantiles);
    stage.quantiles_us = std::move(*quantiles);
  }
  return {};
}

// What a worker or a monitor measured.
void add_sample(const RunSample& sample, DeviceFacts& device) {
  const auto raise = [](auto& most, const auto& value) {
    if (value && (!most || *value > *most)) most = value;
  };
  if (sample.peak_rss_bytes) device.peak_rss_bytes = std::max(device.peak_rss_bytes, *sample.peak_rss_bytes);
  raise(device.memory_used_bytes, sample.memory_used_bytes);
  raise(device.memory_total_bytes, sample.memory_total_bytes);
  raise(device.max_temperature_c, sample.temperature_c);
  if (sample.throttled.value_or(false)) ++device.throttled_samples;
}

// The mean of what was given.
struct Mean {
  double sum = 0;
  double count = 0;
  void add(const std::optional<double>& value) {
    if (!value) return;
    sum += *value;
    ++count;
  }
  std::optional<double> value() const { return count > 0 ? std::optional(sum / count) : std::nullopt; }
};

Status add_samples(const LedgerReader& ledger, RunFacts& facts) {
  struct BinQueues {
    Mean prepare, infer, finish;
  };
  std::vector<BinQueues> queues(facts.bins.count);
  std::vector<std::array<Mean, 3>> means(facts.devices.size());
  GaugesByBin gauges(facts.bins);
  const auto as_double = [](const std::optional<std::int64_t>& value) {
    return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
  };
  SEGFLEET_RETURN_IF_ERROR(ledger.each_sample(facts.run.id, [&](const RunSample& sample) {
    DeviceFacts& device = device_of(facts, sample.device);
    add_sample(sample, device);
    means.resize(facts.devices.size());
    const auto index = static_cast<std::size_t>(&device - facts.devices.data());
    gauges.add(index, sample);
    std::array<Mean, 3>& mean = means[index];
    mean[0].add(sample.device_util);
    mean[1].add(sample.power_w);
    mean[2].add(sample.psi);
    BinQueues& bin = queues[facts.bins.of(sample.at_us)];
    bin.prepare.add(as_double(sample.queued_prepare));
    bin.infer.add(as_double(sample.queued_infer));
    bin.finish.add(as_double(sample.queued_finish));
  }));
  gauges.finish(facts.devices);
  for (std::size_t i = 0; i < means.size(); ++i) {
    facts.devices[i].util = means[i][0].value();
    facts.devices[i].mean_power_w = means[i][1].value();
    facts.devices[i].psi = means[i][2].value();
  }
  for (const BinQueues& bin : queues)
    facts.queues_by_bin.push_back(
        {bin.prepare.value().value_or(-1), bin.infer.value().value_or(-1), bin.finish.value().value_or(-1)});
  return {};
}

// Whose page tells of the results, where this run found nothing to do.
Status find_earlier_run(const LedgerReader& ledger, RunFacts& facts) {
  if (facts.done + facts.failed > 0) return {};
  for (const RunRecord& run : facts.all_runs) {
    if (run.id >= facts.run.id) break;
    const Result<std::int64_t> done = ledger.done(run.id);
    SEGFLEET_RETURN_IF_ERROR(done);
    if (*done > 0) facts.earlier_run = run.id;
  }
  return {};
}

template <typename T>
Status take(Result<T> from, T& to) {
  SEGFLEET_RETURN_IF_ERROR(from);
  to = std::move(*from);
  return {};
}

Status find_effect(const LedgerReader& ledger, std::int64_t run, const DecodeWay& way,
                   std::optional<DecodeEffect>& effect) {
  std::string text;
  SEGFLEET_RETURN_IF_ERROR(take(ledger.run_fact(run, way.fact), text));
  effect = effect_from_text(way, text);
  return {};
}

}  // namespace

Result<RunRecord> find_run(const LedgerReader& ledger, std::optional<std::int64_t> number) {
  Result<std::vector<RunRecord>> runs = ledger.runs();
  SEGFLEET_RETURN_IF_ERROR(runs);
  if (runs->empty()) return Error{ErrorCode::not_found, "the ledger knows of no run yet: run the job first"};
  if (!number) return runs->back();
  for (const RunRecord& run : *runs)
    if (run.id == *number) return run;
  return Error{ErrorCode::not_found, fmt::format("the ledger knows no run {}: its runs are {} to {}", *number,
                                                 runs->front().id, runs->back().id)};
}

Result<RunFacts> collect_facts(const LedgerReader& ledger, const RunRecord& run) {
  RunFacts facts;
  facts.run = run;
  SEGFLEET_RETURN_IF_ERROR(take(ledger.runs(), facts.all_runs));
  SEGFLEET_RETURN_IF_ERROR(take(ledger.identity(), facts.identity));
  SEGFLEET_RETURN_IF_ERROR(take(ledger.pending(), facts.pending));
  const Result<std::vector<WorkerRecord>> workers = ledger.workers(run.id);
  SEGFLEET_RETURN_IF_ERROR(workers);
  facts.has_history = !workers->empty();
  SEGFLEET_RETURN_IF_ERROR(take(ledger.changes(run.id), facts.changes));
  for (const WorkerRecord& worker : *workers) device_of(facts, worker.device);
  facts.bins.count = bin_count(facts.devices.size());
  SEGFLEET_RETURN_IF_ERROR(find_end(ledger, *workers, facts));
  SEGFLEET_RETURN_IF_ERROR(count_items(ledger, facts));
  SEGFLEET_RETURN_IF_ERROR(add_samples(ledger, facts));
  SEGFLEET_RETURN_IF_ERROR(add_device_time(ledger, *workers, facts));
  SEGFLEET_RETURN_IF_ERROR(take(ledger.slowest(run.id, kSlowest), facts.slowest));
  SEGFLEET_RETURN_IF_ERROR(take(ledger.failed(run.id, kFailures), facts.failures));
  SEGFLEET_RETURN_IF_ERROR(take(ledger.failures(run.id), facts.failure_counts));
  SEGFLEET_RETURN_IF_ERROR(take(ledger.classes(run.id), facts.classes));
  SEGFLEET_RETURN_IF_ERROR(find_effect(ledger, run.id, kFastDecode, facts.fast_decode));
  SEGFLEET_RETURN_IF_ERROR(find_effect(ledger, run.id, kNvjpegDecode, facts.nvjpeg));
  SEGFLEET_RETURN_IF_ERROR(find_earlier_run(ledger, facts));
  judge_limit(facts, has_bf16());  // where a report is written, its run mostly was
  return facts;
}

}  // namespace segfleet
