// SPDX-License-Identifier: Apache-2.0
#include "tune/tune.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/clock.h"
#include "base/utc_time.h"
#include "fleet/device/cpu_bf16.h"
#include "fleet/find_workers.h"
#include "fleet/options_check.h"
#include "fleet/output/output_lock.h"
#include "io/sink/durable_writer.h"
#include "tune/engines.h"
#include "tune/limit.h"
#include "tune/search.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kUntriedShown = 3;
constexpr std::size_t kMostSample = 999;

Error invalid(std::string message) {
  return {ErrorCode::invalid_argument, std::move(message)};
}

Status check(const TuneOptions& options) {
  if (options.inputs.empty())
    return invalid("--input is missing: name pictures, folders, globs or an @list file");
  if (!std::isfinite(options.budget_s) || options.budget_s < 1 || options.budget_s > 86400)
    return invalid(fmt::format("--budget {} s is not between 1 s and 24 h", options.budget_s));
  if (!(options.least_agreement >= 0 && options.least_agreement <= 1))
    return invalid(fmt::format("--agreement {} is not between 0 and 100 %", options.least_agreement * 100));
  if (options.sample < 1 || options.sample > kMostSample)
    return invalid(fmt::format("--sample {} is not between 1 and {}", options.sample, kMostSample));
  std::error_code ignored;  // what cannot be looked at fails later, with the reason
  if (options.output.empty() || fs::is_directory(options.output, ignored))
    return invalid(fmt::format("--output {} is a folder: name the file for the plan, such as plan.yaml",
                               options.output.native()));
  return {};
}

// In the cache, which all of the user's tuners share; where there is none, where temporary files go.
Result<OutputLock> lock_machine(const ComputeOptions& options) {
  fs::path folder = cache_folder_of(options);
  if (folder.empty()) folder = fs::temp_directory_path();
  std::error_code ignored;  // then taking the lock fails, with the reason
  fs::create_directories(folder, ignored);
  return OutputLock::take(folder / "tune.lock", "this machine is being tuned",
                          "two tuners would disturb each other's figures: wait for that one");
}

struct Known {
  ModelPackage model;
  EngineUse use;
  bool shares_cores = false;  // engines run on the cores that decode
  std::vector<Candidate> candidates;
};

// The model, the engines and the devices that the grid stands on.
Result<Known> look_around(const TuneOptions& options, TuneObserver& observer, const StopRequest& stop) {
  Result<ModelPackage> model = load_model_package(options.compute.model);
  SEGFLEET_RETURN_IF_ERROR(model);
  Grid grid = options.grid;
  // What a run without a plan would take comes first, and masks are compared with fp32's.
  std::ranges::stable_partition(grid.precisions, [](Precision p) { return p == Precision::fp32; });
  ComputeOptions compute = options.compute;
  if (!grid.engines.empty()) compute.engine = grid.engines.front();
  SEGFLEET_RETURN_IF_ERROR(check_scores(compute, "", *model));
  SEGFLEET_RETURN_IF_ERROR(check_fast_decode(compute, *model));
  const auto tell = [&](const std::string& note) { observer.note(note); };
  GridFacts facts;
  Known known;
  // Every --devices that was named is looked for now: a trial is no place to learn of a wrong word.
  for (std::size_t i = 0; i < std::max<std::size_t>(1, grid.devices.size()); ++i) {
    if (!grid.devices.empty()) compute.devices = grid.devices[i];
    Result<Workers> workers = find_workers(compute, *model, false, stop.fd(), tell);
    SEGFLEET_RETURN_IF_ERROR(workers);
    if (i > 0) continue;
    known.use = std::move(workers->use);
    for (const Device& device : workers->plan.devices) {
      facts.cpu_groups.push_back(device.cores);
      facts.auto_devices += (facts.auto_devices.empty() ? "" : ",") + device.name;
      facts.accelerators = facts.accelerators || device.engine_device != "cpu";
    }
  }
  known.shares_cores = !facts.accelerators;
  facts.bf16 = facts.accelerators || has_bf16();
  if (grid.engines.empty()) {
    Result<std::vector<std::string>> engines = engines_to_try(compute, *model, known.use, stop.fd());
    SEGFLEET_RETURN_IF_ERROR(engines);
    facts.engines = std::move(engines).value();
  }
  Result<std::vector<Candidate>> candidates =
      candidates_of(filled(std::move(grid), facts), options.compute.engine_options);
  SEGFLEET_RETURN_IF_ERROR(candidates);
  known.candidates = std::move(candidates).value();
  known.model = std::move(model).value();
  return known;
}

void tell_untried(const Search& search, const TuneOptions& options, TuneObserver& observer) {
  const std::vector<std::size_t> untried = search.untried();
  if (untried.empty()) return;
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(kUntriedShown, untried.size()); ++i)
    shown.push_back(describe(search.candidates()[untried[i]]));
  observer.note(
      fmt::format("{} of {} combinations were not tried ({}{}): they follow from one that failed, or "
                  "--budget {:g} s did not reach",
                  untried.size(), search.candidates().size(), fmt::join(shown, "; "),
                  untried.size() > kUntriedShown ? "; ..." : "", options.budget_s));
}

Status write_plan(const Plan& plan, const fs::path& path) {
  const std::string text = plan_text(plan);
  const FileToWrite file{path, std::as_bytes(std::span(text))};
  std::vector<Status> statuses;
  DurableWriter().commit({&file, 1}, statuses);
  return statuses[0];
}

TuneResult result_of(const Search& search, const Known& known) {
  TuneResult result;
  Plan& plan = result.plan;
  plan.candidate = search.candidates()[search.winner()];
  plan.machine = this_machine();
  plan.model_fingerprint = known.model.fingerprint;
  plan.model_folder = fs::absolute(known.model.folder).string();
  plan.segfleet_version = SEGFLEET_VERSION;
  plan.created = utc_text(std::chrono::system_clock::now());
  const TrialResult& best = search.last_trial_of(search.winner());
  plan.limit = limit_of(best.busy_share, best.stage_mean_ms, known.shares_cores).text;
  plan.measured = search.rows();
  const Candidate chosen = plan.candidate;
  std::ranges::stable_sort(
      plan.measured, [](const Measured& a, const Measured& b) { return a.images_per_s > b.images_per_s; });
  const auto row =
      std::ranges::find_if(plan.measured, [&](const Measured& entry) { return entry.candidate == chosen; });
  result.recommended = static_cast<std::size_t>(std::distance(plan.measured.begin(), row));
  result.trials = search.trials();
  return result;
}

}  // namespace

Result<TuneResult> tune(const TuneOptions& options, TuneObserver& observer, const StopRequest& stop) {
  const std::int64_t start_ns = steady_now_ns();
  SEGFLEET_RETURN_IF_ERROR(check(options));
  const Result<OutputLock> lock = lock_machine(options.compute);
  SEGFLEET_RETURN_IF_ERROR(lock);
  Result<Known> known = look_around(options, observer, stop);
  SEGFLEET_RETURN_IF_ERROR(known);
  Result<PictureSample> sample = choose_sample(options.inputs, options.sample, StopPoll(stop.fd()));
  SEGFLEET_RETURN_IF_ERROR(sample);
  const Result<TrialFolder> folder = TrialFolder::make(fs::absolute(options.output).parent_path());
  SEGFLEET_RETURN_IF_ERROR(folder);
  observer.planned(known->candidates, sample->pictures.size(), sample->of);
  Search search(options, known->use, known->candidates, std::move(sample).value(), *folder, observer, stop,
                start_ns);
  SEGFLEET_RETURN_IF_ERROR(search.execute());
  tell_untried(search, options, observer);
  TuneResult result = result_of(search, *known);
  SEGFLEET_RETURN_IF_ERROR(write_plan(result.plan, options.output));
  result.elapsed_s = static_cast<double>(steady_now_ns() - start_ns) * 1e-9;
  return result;
}

}  // namespace segfleet
