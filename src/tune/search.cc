// SPDX-License-Identifier: Apache-2.0
#include "tune/search.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/errno_error.h"
#include "fleet/device/device_spec.h"
#include "io/sink/output_layout.h"
#include "tune/agreement.h"

namespace segfleet {
namespace {

constexpr double kSearchShare = 0.98;  // of the budget; the rest is for clearing up

HalvingOptions halving_options(const TuneOptions& options) {
  HalvingOptions halving;
  halving.budget_s = kSearchShare * options.budget_s;
  return halving;
}

// What another number of devices of the same kinds, or of streams, cannot mend.
bool setting_refused(const Error& error) {
  return error.code == ErrorCode::invalid_argument || error.code == ErrorCode::model_unsupported ||
         error.code == ErrorCode::engine_unavailable;
}

// "cpu:0,cpu:1" and "cpu:1" name one kind.
std::set<std::string> kinds_of(const std::string& devices) {
  std::set<std::string> kinds;
  if (const auto words = parse_device_spec(devices))
    for (const DeviceWord& word : *words) kinds.insert(word.kind);
  return kinds;
}

// Of an item's error.
bool is_pictures_fault(const Error& error) {
  return (error.code >= ErrorCode::input_unreadable && error.code <= ErrorCode::input_too_large) ||
         kills_workers(error);
}

}  // namespace

Search::Search(const TuneOptions& options, const EngineUse& use, std::vector<Candidate> candidates,
               PictureSample sample, const TrialFolder& folder, TuneObserver& observer,
               const StopRequest& stop, std::int64_t start_ns)
    : options_(options),
      use_(use),
      candidates_(std::move(candidates)),
      sample_(std::move(sample)),
      folder_(folder),
      observer_(observer),
      stop_(stop),
      start_ns_(start_ns),
      halving_(candidates_.size(), halving_options(options)) {}

double Search::elapsed_s() const {
  return static_cast<double>(steady_now_ns() - start_ns_) * 1e-9;
}

Status Search::execute() {
  SEGFLEET_RETURN_IF_ERROR(folder_.link(sample_.pictures));
  while (const std::optional<Turn> turn = halving_.next(elapsed_s()))
    SEGFLEET_RETURN_IF_ERROR(take_turn(*turn));
  if (!halving_.winner()) return nothing_measured();
  return {};
}

TrialRequest Search::request_for(const Candidate& candidate, double window_s, bool whole_pass) const {
  TrialRequest request;
  static_cast<ComputeOptions&>(request.options) = options_.compute;
  apply(candidate, request.options);
  if (candidate.engine == "auto") {  // once chosen is chosen: trials do not look around again
    request.options.engine = use_.engine;
    if (!use_.converted.empty()) request.options.model = use_.converted;
  }
  request.options.inputs = {folder_.pictures().string()};
  request.options.output = folder_.output();
  request.window_s = window_s;
  request.pictures = sample_.pictures.size();
  request.deadline_ns = start_ns_ + static_cast<std::int64_t>(kSearchShare * options_.budget_s * 1e9);
  if (whole_pass)
    for (const std::string& stem : first_pass()) request.must_have.insert(stem);
  return request;
}

std::vector<std::string> Search::first_pass() const {
  std::vector<std::string> stems;
  for (std::size_t i = 0; i < sample_.pictures.size(); ++i)
    if (!sample_.pictures[i].empty()) stems.push_back(TrialFolder::first_stem(i));
  return stems;
}

// A trial that says something: without the pictures that kill workers, which no candidate can compute.
Result<TrialResult> Search::try_candidate(const Candidate& candidate, double window_s, bool whole_pass) {
  for (;;) {
    TrialResult result =
        run_trial(request_for(candidate, window_s, whole_pass), stop_, [this](const std::string& said) {
          const std::string note = folder_.in_users_words(said, sample_.pictures);
          if (notes_.insert(note).second) observer_.note(note);
        });
    if (result.error && result.error->code == ErrorCode::interrupted)
      return Error{ErrorCode::interrupted,
                   fmt::format("interrupted in trial {}: no plan was written", number_)};
    for (const ItemEvent& failure : result.failures)
      if (!result.error && !is_pictures_fault(failure.error)) result.error = failure.error;
    const bool repeat = !result.error && std::ranges::any_of(result.failures, [](const ItemEvent& failure) {
      return kills_workers(failure.error);
    });
    if (!repeat) return result;
    clear_output();
    const Result<bool> left_out = leave_out(result.failures);
    SEGFLEET_RETURN_IF_ERROR(left_out);
    if (!*left_out) return result;
  }
}

// Where no fp32 candidate came before, masks to compare with are made all the same.
Status Search::make_reference(Candidate candidate) {
  candidate.precision = Precision::fp32;
  const Result<TrialResult> result = try_candidate(candidate, 0, true);
  SEGFLEET_RETURN_IF_ERROR(result);
  if (result->error)
    no_reference_[candidate.engine] = folder_.in_users_words(result->error->message, sample_.pictures);
  else
    SEGFLEET_RETURN_IF_ERROR(compare({candidate.engine, candidate.precision}));
  clear_output();
  SEGFLEET_RETURN_IF_ERROR(leave_out(result->failures));
  return {};
}

Status Search::take_turn(const Turn& turn) {
  const Candidate& candidate = candidates_[turn.candidate];
  const Group group{candidate.engine, candidate.precision};
  TrialNews news{++number_, turn.round, halving_.turns_left(), candidate, elapsed_s(), options_.budget_s,
                 0,         {}};
  observer_.trial_started(news);
  if (candidate.precision != Precision::fp32 && !have_reference_ && !no_reference_.contains(candidate.engine))
    SEGFLEET_RETURN_IF_ERROR(make_reference(candidate));
  Result<TrialResult> tried = try_candidate(candidate, turn.window_s, !agreement_.contains(group));
  SEGFLEET_RETURN_IF_ERROR(tried);
  TrialResult result = std::move(tried).value();
  ++trial_counts_[turn.candidate];
  if (result.error) {
    halving_.failed(result.took_s);
    refuse(turn.candidate, *result.error);
  } else if (result.images_per_s <= 0 || (!result.complete && halving_.winner())) {
    halving_.failed(result.took_s);  // half a trial is better than none, but than nothing else
    if (halving_.standings()[turn.candidate].round < 0) problems_[turn.candidate] = "not measured in time";
  } else {
    halving_.measured(result.images_per_s, result.took_s);
    SEGFLEET_RETURN_IF_ERROR(compare(group));
  }
  clear_output();
  news.elapsed_s = elapsed_s();
  news.images_per_s = result.images_per_s;
  if (const auto problem = problems_.find(turn.candidate); problem != problems_.end())
    news.problem = problem->second;
  SEGFLEET_RETURN_IF_ERROR(leave_out(result.failures));
  if (const auto before = trials_.find(turn.candidate); before != trials_.end()) {
    const TrialResult& earlier = before->second;
    result.peak_memory_bytes = std::max(result.peak_memory_bytes, earlier.peak_memory_bytes);
    result.peak_device_memory_bytes =
        std::max(result.peak_device_memory_bytes, earlier.peak_device_memory_bytes);
  }
  trials_[turn.candidate] = std::move(result);
  observer_.trial_ended(news);
  return {};
}

// Labels depend on engine and precision alone, so the first trial of a group speaks for all of it.
Status Search::compare(const Group& group) {
  if (agreement_.contains(group)) return {};
  if (!have_reference_ && group.second == Precision::fp32) return keep_as_reference(group);
  Agreement agreement;
  if (have_reference_) {
    const Result<Agreement> compared =
        agreement_of(OutputLayout(folder_.output()).masks(), folder_.reference(), first_pass());
    SEGFLEET_RETURN_IF_ERROR(compared);
    agreement = *compared;
  }
  agreement_[group] = agreement.pictures > 0 ? std::optional(agreement.share) : std::nullopt;
  const std::string name = fmt::format("{} {}", group.first, name_of(group.second));
  if (agreement.pictures == 0 && options_.least_agreement > 0) {
    const auto reason = no_reference_.find(group.first);
    recommend_none_of(group, "not compared with fp32");
    observer_.note(
        fmt::format("{} cannot be compared with fp32{}: it is shown, and not recommended; --agreement 0 "
                    "takes it unseen",
                    name, reason == no_reference_.end() ? "" : " (" + reason->second + ")"));
  } else if (agreement.pictures > 0 && agreement.share < options_.least_agreement) {
    recommend_none_of(group, fmt::format("changes {:.2f} % of the pixels", (1 - agreement.share) * 100));
    observer_.note(
        fmt::format("{} gives {:.2f} % of the pixels the label of fp32, less than --agreement {:g}: "
                    "it is shown, and not recommended",
                    name, agreement.share * 100, options_.least_agreement * 100));
  }
  return {};
}

Status Search::keep_as_reference(const Group& group) {
  std::error_code error;
  std::filesystem::rename(OutputLayout(folder_.output()).masks(), folder_.reference(), error);
  if (error)
    return errno_error(error.value(),
                       fmt::format("cannot keep the masks of fp32 in {}", folder_.reference().native()));
  have_reference_ = true;
  agreement_[group] = 1.0;
  return {};
}

void Search::recommend_none_of(const Group& group, const std::string& problem) {
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (candidates_[i].engine != group.first || candidates_[i].precision != group.second) continue;
    halving_.drop(i);
    problems_[i] = problem;
  }
}

void Search::refuse(std::size_t candidate, const Error& error) {
  halving_.drop(candidate);
  problems_[candidate] = folder_.in_users_words(error.message, sample_.pictures);
  if (!first_error_)
    first_error_ =
        Error{error.code, fmt::format("{}: {}", describe(candidates_[candidate]), problems_[candidate])};
  if (!setting_refused(error)) return;
  const Candidate& refused = candidates_[candidate];
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const Candidate& other = candidates_[i];
    const bool measured = halving_.standings()[i].round >= 0;
    if (!measured && other.engine == refused.engine && other.precision == refused.precision &&
        other.batch == refused.batch && kinds_of(other.devices) == kinds_of(refused.devices))
      halving_.drop(i);
  }
}

// Whether any was.
Result<bool> Search::leave_out(const std::vector<ItemEvent>& failures) {
  bool changed = false;
  for (const ItemEvent& failure : failures) {
    std::filesystem::path& picture = sample_.pictures[TrialFolder::picture_of(failure.stem)];
    if (picture.empty() || !is_pictures_fault(failure.error)) continue;
    last_left_out_ = folder_.in_users_words(failure.error.message, sample_.pictures);
    observer_.note(fmt::format("{} is left out of the sample: {}", picture.native(), last_left_out_));
    picture.clear();
    changed = true;
  }
  if (!changed) return false;
  if (first_pass().empty())
    return Error{
        ErrorCode::input_unreadable,
        fmt::format("none of the {} pictures of the sample can be computed, the last one because {}; "
                    "give other --input",
                    sample_.pictures.size(), last_left_out_)};
  SEGFLEET_RETURN_IF_ERROR(folder_.link(sample_.pictures));
  return true;
}

void Search::clear_output() const {
  std::error_code ignored;  // the folder goes as a whole at the end
  std::filesystem::remove_all(folder_.output(), ignored);
}

Error Search::nothing_measured() const {
  if (first_error_) return *first_error_;
  return {
      ErrorCode::invalid_argument,
      fmt::format("--budget {:g} s did not suffice for one figure ({} trials were begun, the first with {}): "
                  "give it more time",
                  options_.budget_s, number_, describe(candidates_.front()))};
}

std::vector<std::size_t> Search::untried() const {
  std::vector<std::size_t> list;
  for (std::size_t i = 0; i < candidates_.size(); ++i)
    if (!trials_.contains(i)) list.push_back(i);
  return list;
}

std::vector<Measured> Search::rows() const {
  std::vector<Measured> rows;
  for (const auto& [candidate, trial] : trials_) {
    Measured row{candidates_[candidate],
                 halving_.standings()[candidate].median(),
                 trial_counts_.at(candidate),
                 trial.peak_memory_bytes,
                 trial.peak_device_memory_bytes,
                 std::nullopt,
                 ""};
    const auto agreement = agreement_.find({row.candidate.engine, row.candidate.precision});
    if (agreement != agreement_.end()) row.agreement = agreement->second;
    if (const auto problem = problems_.find(candidate); problem != problems_.end())
      row.problem = problem->second;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace segfleet
