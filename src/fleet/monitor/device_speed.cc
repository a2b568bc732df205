// SPDX-License-Identifier: Apache-2.0
#include "fleet/monitor/device_speed.h"

#include <fmt/format.h>

#include <algorithm>

namespace segfleet {
namespace {

constexpr double kLeastShare = 0.1;  // a device that works at all gets something
constexpr double kShareOfUnknownClock = 0.5;
constexpr double kOthersOnCard = 0.3;      // less may be a moment's difference between two clocks
constexpr double kOthersToldOnCard = 0.1;  // a desktop takes less
constexpr double kSurelyBusy = 0.5;        // engine: the driver must have seen it compute
constexpr double kOthersOnCores = 0.2;     // every machine runs something beside
constexpr double kNewReadingsPart = 0.3;   // of the smoothed time of an item
constexpr double kForgottenPart = 0.01;    // of the best, with each reading of items
constexpr int kReadingsBeforeBest = 3;     // the first items of a worker are slow

double share_of(double share) {
  return std::clamp(share, kLeastShare, 1.0);
}

std::string percent(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

}  // namespace

DeviceSpeed::Verdict DeviceSpeed::observe(const DeviceReading& reading) {
  const Finding finding = judge(reading);
  std::optional<std::string> note = note_of(finding);
  return {finding.share, note ? std::move(note) : note_of_blindness()};
}

DeviceSpeed::Finding DeviceSpeed::judge(const DeviceReading& reading) {
  Finding worst;
  const auto weigh = [&worst](Reason reason, double share, std::string text) {
    share = share_of(share);
    if (share < worst.share) worst = {reason, share, std::move(text)};
  };
  if (const std::optional<Finding> slowed = judge_item_time(reading)) worst = *slowed;
  if (reading.card) {
    const CardReading& card = *reading.card;
    const double clock = std::min(card.clock_share.value_or(kShareOfUnknownClock), 0.99);
    if (card.throttle == Throttle::heat)
      weigh(Reason::heat, clock,
            card.sample.temperature_c
                ? fmt::format("is throttled by heat ({:.0f} °C)", *card.sample.temperature_c)
                : "is throttled by heat");
    if (card.throttle == Throttle::power) weigh(Reason::power, clock, "is slowed for lack of power");
    Finding others = judge_others_on_card(reading);
    weigh(others.reason, others.share, std::move(others.text));
  }
  if (reading.cores && reading.cores->others > kOthersOnCores)
    weigh(Reason::others, 1 - reading.cores->others,
          fmt::format("is busy with someone else's work ({} of its cores' time)",
                      percent(reading.cores->others)));
  return worst;
}

DeviceSpeed::Finding DeviceSpeed::judge_others_on_card(const DeviceReading& reading) {
  const CardReading& card = *reading.card;
  bool knows_ours = false;
  double told = 0;
  for (const ProcessShare& process : card.processes.value_or(std::vector<ProcessShare>())) {
    if (std::ranges::find(reading.pids, process.pid) != reading.pids.end())
      knows_ours = true;
    else
      told += process.share;
  }
  const bool blind = card.processes && !knows_ours && reading.engine_busy > kSurelyBusy;
  blind_ = blind ? blind_ + 1 : 0;
  const double others = knows_ours ? told : card.sample.utilization.value_or(0) - reading.engine_busy;
  if (others <= (knows_ours ? kOthersToldOnCard : kOthersOnCard)) return {};
  return {Reason::others, 1 - others,
          fmt::format("is busy with someone else's work ({} of the time)", percent(std::min(others, 1.0)))};
}

std::optional<DeviceSpeed::Finding> DeviceSpeed::judge_item_time(const DeviceReading& reading) {
  engine_us_ += reading.engine_us;  // an item may take longer than the time between two readings
  if (reading.items > 0 && engine_us_ > 0) {
    const double item_us = static_cast<double>(engine_us_) / static_cast<double>(reading.items);
    engine_us_ = 0;
    item_us_ = item_us_ == 0 ? item_us : item_us_ + kNewReadingsPart * (item_us - item_us_);
    if (++item_readings_ >= kReadingsBeforeBest) {
      if (best_item_us_ == 0 || item_us_ < best_item_us_) best_item_us_ = item_us_;
      best_item_us_ += kForgottenPart * (item_us_ - best_item_us_);
    }
  }
  if (best_item_us_ == 0) return std::nullopt;
  const double factor = item_us_ / best_item_us_;
  if (factor < kSlowedFactor) return std::nullopt;
  return Finding{Reason::slowed, share_of(1 / factor),
                 fmt::format("takes {:.1f} times as long for an item as before", factor)};
}

std::optional<std::string> DeviceSpeed::note_of(const Finding& finding) {
  same_ = finding.reason == last_ ? same_ + 1 : 1;
  last_ = finding.reason;
  if (last_ == told_ || same_ < kSteady) return std::nullopt;
  told_ = last_;
  if (last_ == Reason::none)
    return device_ + " is all ours at full speed again: it gets its full share of the work";
  return fmt::format("{} {}: it gets less work", device_, finding.text);
}

// As in a container with process numbers of its own.
std::optional<std::string> DeviceSpeed::note_of_blindness() {
  if (blind_ < kSteady || blindness_told_) return std::nullopt;
  blindness_told_ = true;
  return device_ +
         ": the driver does not know this run's processes, as in a container with process numbers of its "
         "own: "
         "someone else's work on it is seen only while the engine idles, or by items that take longer";
}

}  // namespace segfleet
