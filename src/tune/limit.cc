// SPDX-License-Identifier: Apache-2.0
#include "tune/limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace segfleet {
namespace {

constexpr double kBusy = 0.8;      // above, the engine hardly waits
constexpr double kMostWork = 0.5;  // of a picture's work on the cores that they share

// A picture waits for its group's fsync without using a core: writing counts only where the engine is idle.
const std::map<std::string, std::string> kNames{{"read", "reading"},           {"decode", "decoding"},
                                                {"transform", "transforming"}, {"restore", "making masks"},
                                                {"encode", "making masks"},    {"write", "writing to disk"}};

}  // namespace

Limit limit_of(double busy_share, const std::vector<std::pair<std::string, double>>& stage_mean_ms,
               bool shares_cores) {
  double engine_ms = 0;
  double others_ms = 0;
  double work_ms = 0;
  std::map<std::string, double> ms;
  for (const auto& [stage, mean_ms] : stage_mean_ms) {
    if (stage == "infer") engine_ms = mean_ms;
    const auto name = kNames.find(stage);
    if (name == kNames.end()) continue;
    ms[name->second] += mean_ms;
    others_ms += mean_ms;
    if (stage != "write") work_ms += mean_ms;
  }
  const bool engine_works_most = engine_ms >= kMostWork * (engine_ms + work_ms);
  if (ms.empty() || others_ms <= 0 || (busy_share >= kBusy && (!shares_cores || engine_works_most)))
    return {"engine", busy_share,
            fmt::format("the limit is the engine: it computes {:.0f} % of the time", busy_share * 100)};
  const bool busy = busy_share >= kBusy;
  if (busy) {
    others_ms -= ms["writing to disk"];
    ms.erase("writing to disk");
  }
  const auto most = std::ranges::max_element(ms, {}, [](const auto& entry) { return entry.second; });
  const double share = most->second / others_ms;
  return {most->first, share,
          fmt::format("the limit is {}, not the engine: it takes {:.0f} % of a picture's time outside the "
                      "engine ({:.1f} of {:.1f} ms), which computes {:.0f} % of the time",
                      most->first, share * 100, most->second, others_ms, busy_share * 100)};
}

}  // namespace segfleet
