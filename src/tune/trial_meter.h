// SPDX-License-Identifier: Apache-2.0
// Pictures a second of a run that is under way, once it is warm. Fed with times, it has no clock of its own.
// Thread-safety: one thread.
#pragma once
#include <cstdint>

namespace segfleet {

class TrialMeter {
 public:
  // `wave`: pictures that the engines compute at once. Warm: each device has given one, and all a wave.
  TrialMeter(std::size_t devices, std::size_t wave, double window_s);

  // A picture is done. `first_of_its_device`: no other of that device was before it.
  void picture_done(std::int64_t now_ns, bool first_of_its_device);

  // The window is over and holds enough pictures, two waves at least; or it has lasted far too long.
  bool enough(std::int64_t now_ns) const;
  // The slope of the count over time by least squares: finished groups come in bursts, on which its two ends
  // alone would depend. 0: too few pictures.
  double images_per_s() const;

 private:
  std::size_t devices_left_;
  std::size_t wave_;
  double window_s_;
  std::size_t done_ = 0;
  std::int64_t first_ns_ = -1;
  std::int64_t warm_ns_ = -1;
  // Sums over pictures since then; t in seconds since warm_ns_.
  double count_ = 0;
  double sum_t_ = 0;
  double sum_tt_ = 0;
  double sum_tn_ = 0;
};

}  // namespace segfleet
