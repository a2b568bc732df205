// SPDX-License-Identifier: Apache-2.0
// What keeps a run from being faster. Thread-safety: pure function.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace segfleet {

struct Limit {
  std::string what;  // "engine", "reading", "decoding", "transforming", "making masks" or "writing to disk"
  double share = 0;  // 0 to 1: of the time that the engine computes, or of a picture's other work
  std::string text;  // one sentence with the figures
};

// `busy_share`: of the time, engines compute. `shares_cores`: the engine runs on the cores that also decode,
// so that it may seem busy while it waits for them; then its part of a picture's work decides as well.
Limit limit_of(double busy_share, const std::vector<std::pair<std::string, double>>& stage_mean_ms,
               bool shares_cores);

}  // namespace segfleet
