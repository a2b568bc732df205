// SPDX-License-Identifier: Apache-2.0
#include "fleet/run_statistics.h"

namespace segfleet {

void RunStatistics::add_done(const Outcome& outcome) {
  ++done_;
  for (std::size_t stage = 0; stage < kStageCount; ++stage)
    stage_us_[stage] += static_cast<double>(outcome.stage_us[stage]);
  input_bytes_ += outcome.input_bytes;
  output_bytes_ += outcome.mask_bytes + outcome.overlay_bytes + outcome.confidence_bytes;
}

void RunStatistics::add_failure(const std::string& input, const Error& error) {
  Failures& failures = failures_[error.code];
  ++failures.count;
  if (failures.examples.size() < kExamples) failures.examples.push_back({input, error.message});
}

double RunStatistics::mean_ms(Stage stage) const {
  return done_ == 0 ? 0 : stage_us_[static_cast<std::size_t>(stage)] / static_cast<double>(done_) / 1000;
}

}  // namespace segfleet
