// SPDX-License-Identifier: Apache-2.0
// Sums over the outcomes of one run, for summary.json. Constant memory. Thread-safety: one thread.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "transport/messages.h"

namespace segfleet {

class RunStatistics {
 public:
  static constexpr std::size_t kExamples = 5;  // of each error code

  struct Failures {
    std::uint64_t count = 0;
    struct Example {
      std::string input;
      std::string message;
    };
    std::vector<Example> examples;
  };

  void add_done(const Outcome& outcome);
  void add_failure(const std::string& input, const Error& error);

  std::uint64_t done() const { return done_; }
  double mean_ms(Stage stage) const;  // over done items; 0 where there are none
  std::uint64_t input_bytes() const { return input_bytes_; }
  std::uint64_t output_bytes() const { return output_bytes_; }
  const std::map<ErrorCode, Failures>& failures() const { return failures_; }

 private:
  std::uint64_t done_ = 0;
  std::array<double, kStageCount> stage_us_{};
  std::uint64_t input_bytes_ = 0;
  std::uint64_t output_bytes_ = 0;
  std::map<ErrorCode, Failures> failures_;
};

}  // namespace segfleet
