// SPDX-License-Identifier: Apache-2.0
// What monitors read of each device, by bin. Thread-safety: one thread at a time.
#pragma once
#include <vector>

#include "report/facts/run_facts.h"

namespace segfleet {

class GaugesByBin {
 public:
  explicit GaugesByBin(const TimeBins& bins) : bins_(bins) {}
  void add(std::size_t device, const RunSample& sample);
  // Each bin's mean over the readings whose spans it has a part of.
  void finish(std::vector<DeviceFacts>& devices) const;

 private:
  struct Mean {
    double sum = 0;
    double weight = 0;  // bins
  };
  using Readings = std::array<std::vector<Mean>, kGaugeNames.size()>;

  TimeBins bins_;
  std::vector<Readings> devices_;
};

}  // namespace segfleet
