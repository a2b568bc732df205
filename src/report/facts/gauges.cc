// SPDX-License-Identifier: Apache-2.0
#include "report/facts/gauges.h"

#include <limits>

namespace segfleet {

void GaugesByBin::add(std::size_t device, const RunSample& sample) {
  if (devices_.size() <= device) devices_.resize(device + 1);
  const std::array values = {sample.device_util, sample.psi, sample.temperature_c, sample.power_w};
  for (std::size_t gauge = 0; gauge < values.size(); ++gauge) {
    if (!values[gauge]) continue;
    std::vector<Mean>& means = devices_[device][gauge];
    means.resize(bins_.count);
    bins_.cover(sample.at_us - sample.span_us, sample.at_us, [&](std::size_t bin, double share) {
      means[bin].sum += *values[gauge] * share;
      means[bin].weight += share;
    });
  }
}

void GaugesByBin::finish(std::vector<DeviceFacts>& devices) const {
  for (std::size_t device = 0; device < devices_.size(); ++device)
    for (std::size_t gauge = 0; gauge < kGaugeNames.size(); ++gauge)
      for (const Mean& mean : devices_[device][gauge])
        devices[device].gauges[gauge].push_back(mean.weight > 0 ? mean.sum / mean.weight
                                                                : std::numeric_limits<double>::quiet_NaN());
}

}  // namespace segfleet
