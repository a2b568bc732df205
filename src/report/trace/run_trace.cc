// SPDX-License-Identifier: Apache-2.0
#include "report/trace/run_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "report/trace/trace_writer.h"

namespace segfleet {
namespace {

using Json = TraceWriter::Json;

constexpr std::int64_t kLifeTrack = 1;
constexpr std::int64_t kTracksPerStage = 10'000;  // tracks of stage k: from (k + 1) * kTracksPerStage on

// One stage of the workers: spans come worker by worker, in the order in which they begin. Those that overlap
// get tracks of their own.
class StageTracks {
 public:
  StageTracks(TraceWriter& trace, std::string_view name, std::int64_t place)
      : trace_(trace), name_(name), first_((place + 1) * kTracksPerStage) {}

  Track track_for(std::int64_t worker, std::int64_t from_us, std::int64_t to_us) {
    if (worker != worker_) free_from_us_.clear();
    worker_ = worker;
    auto free = std::find_if(free_from_us_.begin(), free_from_us_.end(),
                             [&](std::int64_t free_us) { return free_us <= from_us; });
    const auto index = free - free_from_us_.begin();
    const Track track{worker, first_ + index};
    if (free == free_from_us_.end()) {
      free_from_us_.push_back(to_us);
      trace_.name_track(track, fmt::format("{} {}", name_, index + 1));
    } else {
      *free = to_us;
    }
    return track;
  }

 private:
  TraceWriter& trace_;
  std::string name_;
  std::int64_t first_;
  std::int64_t worker_ = 0;
  std::vector<std::int64_t> free_from_us_;
};

// The item's stages one after the other, inside a span that ends at to_us.
void put_stages(TraceWriter& trace, Track track, const ItemRecord& item, std::int64_t at_us,
                std::int64_t to_us, std::initializer_list<Stage> stages) {
  for (const Stage stage : stages) {
    const std::int64_t end_us = std::min(to_us, at_us + item.in(stage));
    trace.span(track, name_of(stage), at_us, end_us);
    at_us = end_us;
  }
}

Json args_of(const ItemRecord& item) {
  Json args = {{"item", item.input}, {"width", item.picture.width}, {"height", item.picture.height}};
  if (!item.done) {
    args["failed"] = item.code;
    args["message"] = item.message;
  }
  return args;
}

Status put_prepare(const LedgerReader& ledger, std::int64_t run, TraceWriter& trace) {
  StageTracks tracks(trace, "prepare", 0);
  return ledger.each_item_by(Moment::begin, run, [&](const ItemRecord& item) {
    const std::int64_t begin_us = item.at(Moment::begin);
    const std::int64_t limit_us =
        item.at(Moment::infer_begin) > 0 ? item.at(Moment::infer_begin) : item.at(Moment::end);
    const std::int64_t end_us =
        std::min(std::max(begin_us, limit_us),
                 begin_us + item.in(Stage::read) + item.in(Stage::decode) + item.in(Stage::transform));
    const Track track = tracks.track_for(item.worker, begin_us, end_us);
    trace.span(track, "prepare", begin_us, end_us, args_of(item));
    put_stages(trace, track, item, begin_us, end_us, {Stage::read, Stage::decode, Stage::transform});
  });
}

Status put_finish(const LedgerReader& ledger, std::int64_t run, TraceWriter& trace) {
  StageTracks tracks(trace, "finish", 2);
  return ledger.each_item_by(Moment::finish_begin, run, [&](const ItemRecord& item) {
    const std::int64_t begin_us = item.at(Moment::finish_begin);
    const std::int64_t end_us = std::min(std::max(begin_us, item.at(Moment::end)),
                                         begin_us + item.in(Stage::restore) + item.in(Stage::encode));
    const Track track = tracks.track_for(item.worker, begin_us, end_us);
    trace.span(track, "finish", begin_us, end_us, args_of(item));
    put_stages(trace, track, item, begin_us, end_us, {Stage::restore, Stage::encode});
  });
}

// Items that begin a stage at one moment of one worker went through it together: one span.
class Groups {
 public:
  Groups(TraceWriter& trace, std::string_view name, std::int64_t place)
      : trace_(trace), name_(name), tracks_(trace, name, place) {}
  void add(const ItemRecord& item, std::int64_t from_us, std::int64_t to_us) {
    if (count_ > 0 && (item.worker != worker_ || from_us != from_us_)) put();
    if (count_++ == 0) {
      worker_ = item.worker;
      from_us_ = from_us;
      to_us_ = from_us;
      first_ = item.input;
    }
    to_us_ = std::max(to_us_, to_us);
  }
  void put() {
    if (count_ == 0) return;
    trace_.span(tracks_.track_for(worker_, from_us_, to_us_), name_, from_us_, to_us_,
                {{"items", count_}, {"first", first_}});
    count_ = 0;
  }

 private:
  TraceWriter& trace_;
  std::string name_;
  StageTracks tracks_;
  std::int64_t worker_ = 0, from_us_ = 0, to_us_ = 0, count_ = 0;
  std::string first_;
};

Status put_groups(const LedgerReader& ledger, std::int64_t run, Moment from, Moment to, Groups groups) {
  const Status status = ledger.each_item_by(
      from, run, [&](const ItemRecord& item) { groups.add(item, item.at(from), item.at(to)); });
  groups.put();
  return status;
}

void put_life(const WorkerRecord& worker, std::int64_t last_us, TraceWriter& trace) {
  const Track track{worker.number, kLifeTrack};
  trace.name_process(worker.number,
                     fmt::format("{} worker {} (pid {})", worker.device, worker.number, worker.pid));
  trace.name_track(track, "worker");
  const std::int64_t end_us = worker.ended_us.value_or(last_us);
  const std::int64_t ready_us = worker.ready_us.value_or(end_us);
  trace.span(track, "load", worker.started_us, ready_us, {{"from_cache", worker.loaded_from_cache}});
  if (worker.ready_us)
    trace.span(track, "ready", ready_us, end_us, {{"batch", worker.batch}, {"lanes", worker.lanes}});
  if (worker.ended_us) trace.instant(track, worker.end, end_us, {{"how", worker.how}});
}

// A device that a monitor looked at gets a process of its own for its counters.
Status put_counters(const LedgerReader& ledger, std::int64_t run, std::int64_t workers, TraceWriter& trace) {
  std::map<std::string, std::int64_t> devices;
  return ledger.each_sample(run, [&](const RunSample& sample) {
    std::int64_t process = sample.worker.value_or(0);
    if (!sample.worker) {
      const auto [place, is_new] =
          devices.emplace(sample.device, workers + 1 + static_cast<std::int64_t>(devices.size()));
      process = place->second;
      if (is_new) trace.name_process(process, "device " + sample.device);
    }
    const auto put = [&](std::string_view counter, std::string_view unit, const auto& value, double scale) {
      if (value) trace.counter(process, counter, sample.at_us, {{unit, static_cast<double>(*value) * scale}});
    };
    if (sample.busy_us && sample.span_us > 0)
      put("engine busy", "%", sample.busy_us, 100.0 / static_cast<double>(sample.span_us));
    put("waiting to be prepared", "items", sample.queued_prepare, 1);
    put("waiting for the engine", "items", sample.queued_infer, 1);
    put("waiting to be finished", "items", sample.queued_finish, 1);
    put("peak memory", "MiB", sample.peak_rss_bytes, 1.0 / (1U << 20U));
    put("device utilisation", "%", sample.device_util, 100);
    put("device memory", "MiB", sample.memory_used_bytes, 1.0 / (1U << 20U));
    put("temperature", "C", sample.temperature_c, 1);
    put("power", "W", sample.power_w, 1);
  });
}

}  // namespace

Status write_trace(const LedgerReader& ledger, std::int64_t run, const std::filesystem::path& path) {
  const Result<std::vector<WorkerRecord>> workers = ledger.workers(run);
  SEGFLEET_RETURN_IF_ERROR(workers);
  if (workers->empty())
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("--trace: the ledger kept no times of the items of run {}: it started no worker, "
                    "or is of an older segfleet",
                    run)};
  const Result<std::int64_t> last_us = ledger.end_us(run);
  SEGFLEET_RETURN_IF_ERROR(last_us);
  Result<StreamedFile> file = StreamedFile::create(path);
  SEGFLEET_RETURN_IF_ERROR(file);
  TraceWriter trace(*file);
  for (const WorkerRecord& worker : *workers) put_life(worker, *last_us, trace);
  SEGFLEET_RETURN_IF_ERROR(put_prepare(ledger, run, trace));
  SEGFLEET_RETURN_IF_ERROR(
      put_groups(ledger, run, Moment::infer_begin, Moment::infer_end, Groups(trace, "infer", 1)));
  SEGFLEET_RETURN_IF_ERROR(put_finish(ledger, run, trace));
  SEGFLEET_RETURN_IF_ERROR(
      put_groups(ledger, run, Moment::write_begin, Moment::end, Groups(trace, "write", 3)));
  SEGFLEET_RETURN_IF_ERROR(put_counters(ledger, run, workers->back().number, trace));
  trace.end();
  return file->commit();
}

}  // namespace segfleet
