// SPDX-License-Identifier: Apache-2.0
#include "fleet/dispatch/device_health.h"

#include <fmt/format.h>

#include <algorithm>

namespace segfleet {

void DeviceHealth::outcome() {
  works_ = true;
  deaths_in_a_row_ = 0;
  unexplained_in_a_row_ = 0;
}

std::optional<std::string> DeviceHealth::death(bool explained, std::int64_t now_ns) {
  ++deaths_in_a_row_;
  if (!explained) {
    ++unexplained_in_a_row_;
    while (!unexplained_ns_.empty() && now_ns - unexplained_ns_.front() > limits_.window_ns)
      unexplained_ns_.pop_front();
    unexplained_ns_.push_back(now_ns);
    if (std::ssize(unexplained_ns_) >= limits_.unexplained_deaths)
      return fmt::format("its workers died {} times within {:g} s with no item to blame",
                         unexplained_ns_.size(), static_cast<double>(limits_.window_ns) / 1e9);
    if (unexplained_in_a_row_ >= limits_.unexplained_deaths)
      return fmt::format("its workers died {} times in a row with no item to blame", unexplained_in_a_row_);
  }
  if (deaths_in_a_row_ >= limits_.deaths_in_a_row)
    return fmt::format("its workers died {} times in a row, whatever item they had", deaths_in_a_row_);
  return std::nullopt;
}

std::int64_t RestartDelay::after_death(bool explained, std::int64_t now_ns) {
  if (explained) return std::min(first_ns_, limit_ns_);
  const bool again = last_ns_ && now_ns - *last_ns_ <= window_ns_;
  last_ns_ = now_ns;
  delay_ns_ = again ? std::min(delay_ns_, limit_ns_ / 2) * 2 : first_ns_;
  delay_ns_ = std::min(delay_ns_, limit_ns_);
  return delay_ns_;
}

}  // namespace segfleet
