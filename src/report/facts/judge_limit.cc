// SPDX-License-Identifier: Apache-2.0
// The report's one sentence: what the run waited for, and what would help.
#include <fmt/format.h>

#include <algorithm>

#include "report/facts/collect_facts.h"

namespace segfleet {
namespace {

constexpr double kEngineIsTheLimit = 3;  // times as long computing as waiting for any one thing

double mean_ms(const RunFacts& facts, Stage stage) {
  return facts.stages[static_cast<std::size_t>(stage)].mean_us / 1000;
}

double share(const RunFacts& facts, LaneUse use) {
  return facts.shares[static_cast<std::size_t>(use)];
}

Stage longest(const RunFacts& facts, std::initializer_list<Stage> stages) {
  return *std::max_element(stages.begin(), stages.end(),
                           [&](Stage a, Stage b) { return mean_ms(facts, a) < mean_ms(facts, b); });
}

std::string percent(double part) {
  return fmt::format("{:.0f} %", part * 100);
}

void judge_input(RunFacts& facts) {
  const Stage stage = longest(facts, {Stage::read, Stage::decode, Stage::transform});
  const std::string_view what = stage == Stage::read     ? "Reading"
                                : stage == Stage::decode ? "Decoding"
                                                         : "Transforming";
  facts.limit = fmt::format(
      "{} is the limit: the engines waited {} of the time for pictures. To read, decode and transform one "
      "takes "
      "{:.1f} + {:.1f} + {:.1f} ms, the engine {:.1f} ms.",
      what, percent(share(facts, LaneUse::input)), mean_ms(facts, Stage::read), mean_ms(facts, Stage::decode),
      mean_ms(facts, Stage::transform), mean_ms(facts, Stage::infer));
  facts.advice = stage == Stage::read
                     ? "Pictures on a faster disk, or on this machine's own, would help."
                     : "More cores for the helper threads would help: more cores in --devices, or a larger "
                       "--workers-per-device; or smaller pictures.";
}

void judge_output(RunFacts& facts) {
  const Stage stage = longest(facts, {Stage::restore, Stage::encode, Stage::write});
  const std::string_view what = stage == Stage::restore  ? "Restoring"
                                : stage == Stage::encode ? "Encoding"
                                                         : "Writing";
  facts.limit = fmt::format(
      "{} is the limit: the engines were held up {} of the time by results behind them. To restore, encode "
      "and "
      "write one takes {:.1f} + {:.1f} + {:.1f} ms, the engine {:.1f} ms.",
      what, percent(share(facts, LaneUse::output)), mean_ms(facts, Stage::restore),
      mean_ms(facts, Stage::encode), mean_ms(facts, Stage::write), mean_ms(facts, Stage::infer));
  facts.advice = stage == Stage::write
                     ? "An --output on a faster disk, or fewer --outputs, would help."
                     : "More cores for the helper threads would help, or --size network, or fewer --outputs.";
}

void judge_waiting(RunFacts& facts, LaneUse use) {
  const std::string part = percent(share(facts, use));
  switch (use) {
    case LaneUse::input:
      return judge_input(facts);
    case LaneUse::output:
      return judge_output(facts);
    case LaneUse::handover:
      facts.limit = fmt::format(
          "Items are very short: {} of the time an item was ready but on its way from thread to thread.",
          part);
      facts.advice = "A larger --batch may help.";
      return;
    case LaneUse::no_item:
      facts.limit = fmt::format("There was too little work: the engines had no item {} of the time.", part);
      facts.advice = "Fewer devices would do; or the last items took much longer than the others.";
      return;
    case LaneUse::loading:
      facts.limit =
          fmt::format("Starting is the limit: workers spent {} of the time loading the model.", part);
      facts.advice = "With more pictures in one run it matters less; --cache keeps compiled models.";
      return;
    case LaneUse::paused:
      facts.limit = fmt::format("The run was paused {} of the time.", part);
      return;
    default:
      facts.limit = fmt::format("Workers died: {} of the devices' time was lost by that.", part);
      facts.advice = "The workers' ends and the failed items below say why.";
  }
}

// Of CPU devices' engines these two have it; others have settings of their own, or none.
bool bf16_would_help(const RunFacts& facts, bool cpu_has_bf16) {
  const auto is = [&](const char* what, std::string_view value) {
    const auto found = facts.identity.find(what);
    return found != facts.identity.end() && found->second == value;
  };
  return cpu_has_bf16 && is("precision", "fp32") && (is("engine", "openvino") || is("engine", "paddle")) &&
         std::ranges::any_of(facts.devices,
                             [](const DeviceFacts& device) { return device.device.starts_with("cpu"); });
}

}  // namespace

void judge_limit(RunFacts& facts, bool cpu_has_bf16) {
  if (!facts.has_history) {
    facts.limit = facts.done + facts.failed == 0
                      ? "This run had no item to compute."
                      : "What this run waited for was not kept: its ledger is of an older segfleet, or no "
                        "worker was needed.";
    if (facts.earlier_run)
      facts.advice = fmt::format("An earlier run did the work: segfleet report OUTPUT --run {} tells of it.",
                                 *facts.earlier_run);
    return;
  }
  if (facts.done == 0) {
    facts.limit = "No item was done in this run.";
    return;
  }
  LaneUse largest = LaneUse::input;
  for (std::size_t i = 1; i < kLaneUses; ++i)
    if (facts.shares[i] > share(facts, largest)) largest = static_cast<LaneUse>(i);
  if (share(facts, LaneUse::busy) >= kEngineIsTheLimit * share(facts, largest)) {
    facts.limit = fmt::format("The engines are the limit: they computed {} of the time.",
                              percent(share(facts, LaneUse::busy)));
    facts.advice = fmt::format(
        "More devices would help{}; try also --batch and --workers-per-device.",
        bf16_would_help(facts, cpu_has_bf16) ? ", or --precision bf16 where the labels allow it" : "");
    return;
  }
  judge_waiting(facts, largest);
}

}  // namespace segfleet
