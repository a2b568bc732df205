// SPDX-License-Identifier: Apache-2.0
#include "tune/trial.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "io/source/stop_poll.h"
#include "tune/trial_meter.h"

namespace segfleet {
namespace {

// Watches the run and ends it.
class Watch : public RunObserver {
 public:
  Watch(const TrialRequest& request, const StopRequest& user_stop,
        const std::function<void(const std::string&)>& note)
      : request_(request), user_stop_(user_stop.fd()), note_(note), missing_(request.must_have) {}

  const StopRequest& stop() const { return stop_; }
  TrialResult& result() { return result_; }

  void started(const Progress& progress) override {
    const RunOptions& options = request_.options;
    const std::size_t devices = progress.devices.size();
    const auto at_once = static_cast<std::size_t>(options.workers_per_device) *
                         static_cast<std::size_t>(std::max(1, options.lanes)) *
                         static_cast<std::size_t>(options.batch);
    meter_.emplace(devices, devices * at_once, request_.window_s);
    most_deaths_ = kDeathsToBlame + devices * static_cast<std::size_t>(options.workers_per_device);
  }
  void progress(const Progress& progress) override {
    for (const DeviceProgress& device : progress.devices)
      if (device.state == "lost" && !result_.error)
        result_.error =
            Error{ErrorCode::device_lost, fmt::format("{} was lost: {}", device.device, last_note_)};
    look();
  }
  void item(const ItemEvent& event) override {
    missing_.erase(event.stem);
    if (event.done) {
      meter_->picture_done(steady_now_ns(), devices_seen_.insert(event.device).second);
      ++done_since_death_;
      any_done_ = true;
    } else {
      blamed_ = blamed_ || kills_workers(event.error);
      if (kills_workers(event.error) || request_.must_have.contains(event.stem) ||
          result_.failures.size() < kFailuresKept)
        result_.failures.push_back(event);
    }
    look();
  }
  void note(const std::string& text) override {
    last_note_ = text;
    note_(text);
  }
  void worker_died(const std::string& device, const std::string& how) override {
    ++deaths_;
    done_since_death_ = 0;
    last_death_ = fmt::format("{}: a worker {}", device, how);
    look();
  }
  // After the run: workers died, and no picture is to blame while others are computed.
  void settle() {
    if (deaths_ > 0 && !is_pictures_fault() && !result_.error)
      result_.error = Error{ErrorCode::worker_crashed, last_death_};
  }
  double images_per_s() const { return meter_ ? meter_->images_per_s() : 0; }
  bool cut_short() const { return cut_short_; }

 private:
  static constexpr std::size_t kFailuresKept = 1000;
  static constexpr std::size_t kDeathsToBlame = 3;  // with others, then alone as often as the dispatcher asks

  bool is_pictures_fault() const { return blamed_ && any_done_; }
  // A death may be a picture's fault: its items come back one by one, and the links soon bring it again.
  bool deaths_are_understood() const {
    return is_pictures_fault() || deaths_ >= most_deaths_ || done_since_death_ >= request_.pictures;
  }
  void look() {
    if (ended_) return;
    const std::int64_t now = steady_now_ns();
    const bool stopped = user_stop_.wanted();
    if (stopped) result_.error = Error{ErrorCode::interrupted, "interrupted"};
    cut_short_ = stopped || result_.error || now >= request_.deadline_ns;
    ended_ = cut_short_ ||
             (deaths_ > 0 ? deaths_are_understood() : missing_.empty() && meter_ && meter_->enough(now));
    if (!ended_) return;
    stop_.request();
    stop_.request();  // what is under way is of no use
  }

  const TrialRequest& request_;
  StopPoll user_stop_;
  const std::function<void(const std::string&)>& note_;
  StopRequest stop_;
  std::optional<TrialMeter> meter_;
  std::set<std::string> missing_;
  std::set<std::string> devices_seen_;
  std::string last_note_;
  std::string last_death_;
  std::size_t deaths_ = 0;
  std::size_t most_deaths_ = 0;
  std::size_t done_since_death_ = 0;
  bool any_done_ = false;
  bool blamed_ = false;
  TrialResult result_;
  bool ended_ = false;
  bool cut_short_ = false;
};

}  // namespace

bool kills_workers(const Error& error) {
  return error.code == ErrorCode::worker_crashed || error.code == ErrorCode::worker_timeout;
}

TrialResult run_trial(const TrialRequest& request, const StopRequest& stop,
                      const std::function<void(const std::string&)>& note) {
  const std::int64_t start_ns = steady_now_ns();
  Watch watch(request, stop, note);
  const Result<RunSummary> summary = run(request.options, watch, watch.stop());
  watch.settle();
  TrialResult result = std::move(watch.result());
  if (!summary.ok() && !result.error) result.error = summary.error();
  if (summary.ok()) {
    double busy = 0;
    const auto& devices = summary->progress.devices;
    for (const DeviceProgress& device : devices) {
      busy += device.busy_share / static_cast<double>(devices.size());
      result.peak_memory_bytes +=
          device.peak_rss_bytes * static_cast<std::uint64_t>(request.options.workers_per_device);
      if (!device.device.starts_with("cpu")) result.peak_device_memory_bytes += device.memory_used_bytes;
    }
    result.busy_share = busy;
    result.stage_mean_ms = summary->stage_mean_ms;
  }
  if (!result.error) result.images_per_s = watch.images_per_s();
  result.complete = !watch.cut_short();
  result.took_s = static_cast<double>(steady_now_ns() - start_ns) * 1e-9;
  return result;
}

}  // namespace segfleet
