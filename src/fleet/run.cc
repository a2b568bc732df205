// SPDX-License-Identifier: Apache-2.0
// The main job, from options to summary. Cheap checks first: nothing is touched before they have passed, and
// no worker is started while there is nothing for it to do.
#include "segfleet/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <istream>

#include "base/clock.h"
#include "base/process_usage.h"
#include "fleet/control/control_server.h"
#include "fleet/find_workers.h"
#include "fleet/loop/event_loop.h"
#include "fleet/options_check.h"
#include "fleet/output/identity.h"
#include "fleet/output/leftovers.h"
#include "fleet/output/output_folder.h"
#include "fleet/output/result_folders.h"
#include "fleet/run_books.h"
#include "fleet/run_control.h"
#include "fleet/run_monitor.h"
#include "fleet/summary.h"
#include "io/source/stoppable_input.h"
#include "segfleet/model.h"

namespace segfleet {
namespace {

struct Job {
  const RunOptions& options;
  ModelPackage model;
  SourceList sources;
  WorkerPlan plan;
  EngineUse use;
};

struct Start {
  std::int64_t wall_ns = steady_now_ns();
  double cpu_s = process_cpu_seconds();
};

// The listed items that are not done yet, all at once.
class ListFeed : public ItemFeed {
 public:
  ListFeed(const std::vector<SourceItem>& items, const std::vector<Ledger::Entry>& rows, DecodeCheck* check)
      : items_(items), rows_(rows), check_(check) {}
  void feed(Dispatcher& dispatcher) override {
    for (ItemId id = 0; id < rows_.size(); ++id)
      if (!rows_[id].done) dispatcher.source_item(id);
    dispatcher.source_end(steady_now_ns());
  }
  bool has(ItemId id) const override { return id < items_.size(); }
  LeasedItem leased(const LeaseEntry& entry) const override {
    LeasedItem item{entry.id, entry.attempt, items_[entry.id].input, items_[entry.id].stem};
    // Once only: where a comparison has taken a worker with it, the item's own labels are still to be had.
    item.compare = check_ != nullptr && entry.attempt == 1 && check_->compares(item.input);
    return item;
  }

 private:
  const std::vector<SourceItem>& items_;
  const std::vector<Ledger::Entry>& rows_;
  DecodeCheck* check_;
};

void set_outputs(const RunOptions& options, WorkerPlan& plan) {
  for (WorkerSlot& slot : plan.slots) {
    slot.setup.output = options.output.string();
    slot.setup.layout = options.layout;
    slot.setup.write_mask = options.write_mask;
    slot.setup.write_overlay = options.write_overlay;
    slot.setup.write_confidence = options.write_confidence;
  }
}

// All that can be refused without touching the output folder.
Result<Job> prepare(const RunOptions& options, RunObserver& observer, const StopRequest& stop) {
  SEGFLEET_RETURN_IF_ERROR(check_options(options));
  Result<ModelPackage> model = load_model_package(options.model);
  SEGFLEET_RETURN_IF_ERROR(model);
  SEGFLEET_RETURN_IF_ERROR(
      check_scores(options, options.write_confidence ? "--outputs confidence" : "", *model));
  SEGFLEET_RETURN_IF_ERROR(check_fast_decode(options, *model));
  StoppableInput input(STDIN_FILENO, StopPoll(stop.fd()));
  std::istream standard_input(&input);
  Result<SourceList> sources =
      list_sources(options.inputs, options.names, standard_input,
                   OutputLayout(options.output, options.layout), StopPoll(stop.fd()));
  SEGFLEET_RETURN_IF_ERROR(sources);
  Result<Workers> workers = find_workers(options, *model, options.sticky_resize_by_short, stop.fd(),
                                         [&](const std::string& note) { observer.note(note); });
  SEGFLEET_RETURN_IF_ERROR(workers);
  set_outputs(options, workers->plan);
  return Job{options, std::move(model).value(), std::move(sources).value(), std::move(workers->plan),
             std::move(workers->use)};
}

// PaddleSeg's own order-dependent resize: what an earlier run has done cannot be gone on with.
Status check_sticky_resume(const Job& job, std::uint64_t done) {
  if (!job.options.sticky_resize_by_short || done == 0 || done == job.sources.items.size()) return {};
  return Error{
      ErrorCode::resume_mismatch,
      fmt::format(
          "with --sticky-resize-by-short each result depends on the pictures before it, and {} of {} are "
          "done already: use --restart to compute all in one run",
          done, job.sources.items.size())};
}

std::vector<std::string> notes_of_again(const std::vector<Ledger::Entry>& rows) {
  static constexpr std::pair<Again, std::string_view> kReasons[] = {
      {Again::no_mask, "--outputs asks for a mask now, which they do not have"},
      {Again::no_overlay, "--outputs asks for an overlay now, which they do not have"},
      {Again::no_confidence, "--outputs asks for a confidence map now, which they do not have"},
      {Again::files_gone, "their files are gone, or not of the size that was recorded"},
      {Again::changed, "their inputs, or the names of their outputs, have changed since"}};
  std::vector<std::string> notes;
  for (const auto& [again, why] : kReasons) {
    const auto count = std::ranges::count(rows, again, &Ledger::Entry::again);
    if (count > 0)
      notes.push_back(fmt::format("{} that earlier runs have done {} computed again: {}",
                                  count == 1 ? "1 picture" : fmt::format("{} pictures", count),
                                  count == 1 ? "is" : "are", why));
  }
  return notes;
}

// One run on an open output folder.
class Run {
 public:
  Run(Job job, OutputFolder& folder, RunObserver& observer, const StopRequest& stop, const Start& start)
      : job_(std::move(job)), folder_(folder), observer_(observer), stop_(stop), start_(start) {
    summary_.model_fingerprint = job_.model.fingerprint;
  }

  Result<RunSummary> execute() {
    SEGFLEET_RETURN_IF_ERROR(folder_.ledger.begin_run(options_json(job_.options), SEGFLEET_VERSION));
    Status status = compute();
    if (!status.ok() && status.error().code == ErrorCode::interrupted) {
      summary_.interrupted = true;
      status = {};
    }
    status = close_books(status);
    if (!status.ok()) return status.error();
    return summary_;
  }

 private:
  Status compute() {
    const std::uint64_t total = job_.sources.items.size() + job_.sources.failures.size();
    const RunOptions& options = job_.options;
    const OutputFiles files{options.write_mask, options.write_overlay, options.write_confidence,
                            options.layout};
    const Result<std::uint64_t> gone = folder_.ledger.take_out_done(job_.sources, options.output, files);
    SEGFLEET_RETURN_IF_ERROR(gone);
    Result<std::vector<Ledger::Entry>> rows = folder_.ledger.reconcile(job_.sources, options.output, files);
    SEGFLEET_RETURN_IF_ERROR(rows);
    std::uint64_t done = 0;
    for (const Ledger::Entry& row : *rows) done += row.done ? 1 : 0;
    SEGFLEET_RETURN_IF_ERROR(check_sticky_resume(job_, done));
    meter_.emplace(job_.plan, total, done + *gone, start_.wall_ns);
    tell_start(*gone, *rows);
    SEGFLEET_RETURN_IF_ERROR(settle_source_failures());
    if (done == job_.sources.items.size()) return {};
    SEGFLEET_RETURN_IF_ERROR(make_result_folders(folder_.layout, files, job_.sources.items, *rows));
    if (options.fast_decode || options.decode == Decoder::nvjpeg)
      check_.emplace(count_may_be_jpegs(*rows), options.fast_decode ? kFastDecode : kNvjpegDecode);
    return run_workers(*rows);
  }

  void tell_start(std::uint64_t gone, const std::vector<Ledger::Entry>& rows) {
    for (const std::string& warning : job_.model.warnings) observer_.note(warning);
    for (const std::string& note : job_.sources.notes) observer_.note(note);
    if (gone > 0)
      observer_.note(fmt::format("{} gone, but done by an earlier run: skipped, the results stay",
                                 gone == 1 ? "1 input is" : fmt::format("{} inputs are", gone)));
    for (const std::string& note : notes_of_again(rows)) observer_.note(note);
    observer_.started(meter_->progress());
  }

  Status settle_source_failures() {
    for (const SourceFailure& failure : job_.sources.failures) {
      meter_->item_failed();
      statistics_.add_failure(failure.input, failure.error);
      ItemEvent event;
      event.input = failure.input;
      event.stem = failure.stem;
      event.error = failure.error;
      event.stage = name_of(Stage::read);
      observer_.item(event);
    }
    return folder_.ledger.record_source_failures(job_.sources);
  }

  std::uint64_t count_may_be_jpegs(const std::vector<Ledger::Entry>& rows) const {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < rows.size(); ++i)
      count += !rows[i].done && DecodeCheck::may_be_jpeg(job_.sources.items[i].input) ? 1 : 0;
    return count;
  }

  Status run_workers(const std::vector<Ledger::Entry>& rows) {
    DispatcherOptions options;
    for (const WorkerSlot& slot : job_.plan.slots) options.device_of_slot.push_back(slot.device);
    for (const Device& device : job_.plan.devices) options.device_names.push_back(device.name);
    options.item_timeout_ns = static_cast<std::int64_t>(job_.options.item_timeout_s * 1e9);
    options.one_at_a_time = job_.options.sticky_resize_by_short;
    options.max_failures = job_.options.max_failures;
    options.failures_before = job_.sources.failures.size();
    Dispatcher dispatcher(std::move(options));
    DecodeCheck* const check = check_ ? &*check_ : nullptr;
    RunBooks books(job_.plan, job_.sources.items, rows, folder_.ledger, *meter_, statistics_, observer_,
                   check, start_.wall_ns);
    ListFeed feed(job_.sources.items, rows, check);
    EventLoop loop(job_.plan, feed, dispatcher, books, stop_);
    RunControl control(
        loop, job_.plan, dispatcher, *meter_, [this](const Device& device) { return slots_on(device); },
        [this, worker = job_.plan.worker](const std::string& devices) {
          return find_accelerators(devices, job_.use, worker, stop_.fd());
        });
    const std::unique_ptr<ControlServer> server = serve(control);
    const RunMonitor monitor(loop);
    const Status status = loop.run();
    summary_.first_mask_s = books.first_mask_s();
    summary_.engine_load_s = books.engine_load_s();
    engine_version_ = books.engine_version();
    if (books.worker_was_killed()) (void)remove_leftovers(folder_.layout).ok();
    if (check_) tell_check();
    const Status flushed = books.flush();
    return status.ok() ? flushed : status;
  }

  void tell_check() {
    const bool fast = job_.options.fast_decode;
    (fast ? summary_.fast_decode : summary_.nvjpeg) = check_->effect();
    if (statistics_.done() == 0 || check_->effect().pictures > 0) return;
    observer_.note(
        fast ? "--fast-decode changed nothing: no picture was a JPEG at least twice as wide and as "
               "high as the model's first resize makes it"
             : "--decode nvjpeg changed nothing: no picture was a JPEG of a kind that is decoded on "
               "the card (docs/nvjpeg.md)");
  }

  Result<std::vector<WorkerSlot>> slots_on(const Device& device) const {
    Result<WorkerPlan> plan =
        plan_for(job_.options, job_.use, job_.model, {device}, job_.options.sticky_resize_by_short);
    SEGFLEET_RETURN_IF_ERROR(plan);
    set_outputs(job_.options, *plan);
    return std::move(plan->slots);
  }

  // Where the file system has no sockets the run goes on without.
  std::unique_ptr<ControlServer> serve(RunControl& control) {
    const auto start = [&]() -> Result<std::unique_ptr<ControlServer>> {
      Result<ControlSocket> socket = ControlSocket::bind(folder_.layout.control());
      SEGFLEET_RETURN_IF_ERROR(socket);
      return ControlServer::start(std::move(socket).value(), [&control](std::string_view line) {
        const Result<ControlRequest> request = parse_request(line);
        return answer_line(request.ok() ? control.answer(*request) : request.error());
      });
    };
    Result<std::unique_ptr<ControlServer>> server = start();
    if (server.ok()) return std::move(server).value();
    observer_.note(
        fmt::format("`segfleet ctl` cannot reach this run, which goes on: {}", server.error().message));
    return nullptr;
  }

  // Also after a failure: what is known is written as far as it goes, and the first error is told.
  Status close_books(Status status) {
    Status flushed = folder_.ledger.flush();
    if (status.ok()) status = std::move(flushed);
    const std::int64_t now = steady_now_ns();
    if (meter_) {
      summary_.progress = meter_->at_end(now);
      observer_.progress(summary_.progress);  // a display's last state is the end
    }
    summary_.wall_s = static_cast<double>(now - start_.wall_ns) * 1e-9;
    summary_.coordinator_cpu_s = process_cpu_seconds() - start_.cpu_s;
    summary_.coordinator_peak_rss_bytes = process_peak_rss_bytes();
    for (std::size_t i = 0; i < kStageCount; ++i) {
      const auto stage = static_cast<Stage>(i);
      summary_.stage_mean_ms.emplace_back(name_of(stage), statistics_.mean_ms(stage));
    }
    Status ended = folder_.ledger.end_run(run_end(status));
    Status written =
        write_summary({job_.options, job_.model, job_.use, summary_, statistics_, engine_version_,
                       status.ok() ? std::nullopt : std::optional(status.error())},
                      folder_.layout);
    Status closed = folder_.ledger.close();
    for (Status* later : {&ended, &written, &closed})
      if (status.ok()) status = std::move(*later);
    return status;
  }

  RunEnd run_end(const Status& status) const {
    const Progress& progress = summary_.progress;
    RunEnd end{"finished",    progress.total,  progress.skipped,
               progress.done, progress.failed, progress.devices};
    if (summary_.interrupted) end.status = "interrupted";
    if (!status.ok()) end.status = name_of(status.error().code);
    return end;
  }

  Job job_;
  OutputFolder& folder_;
  RunObserver& observer_;
  const StopRequest& stop_;
  const Start& start_;
  std::optional<ProgressMeter> meter_;
  RunStatistics statistics_;
  std::optional<DecodeCheck> check_;  // where pictures are decoded otherwise than PaddleSeg does
  RunSummary summary_;
  std::string engine_version_;
};

}  // namespace

Result<RunSummary> run(const RunOptions& given, RunObserver& observer, const StopRequest& stop) {
  const Start start;
  const RunOptions options = with_layout(given);
  Result<Job> job = prepare(options, observer, stop);
  SEGFLEET_RETURN_IF_ERROR(job);
  Result<OutputFolder> folder =
      OutputFolder::open(options, identity_of(options, job->model, job->use.engine), observer);
  SEGFLEET_RETURN_IF_ERROR(folder);
  return Run(std::move(job).value(), *folder, observer, stop, start).execute();
}

}  // namespace segfleet
