// SPDX-License-Identifier: Apache-2.0
// When a device's workers die too often to go on, and how long a slot waits before its next worker (as OTP's
// supervisors: back-off, and a limit of deaths in a window). Thread-safety: one thread at a time.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace segfleet {

struct HealthLimits {
  int unexplained_deaths = 5;  // in the window, or in a row without any outcome however slowly they come
  std::int64_t window_ns = 60'000'000'000;
  int deaths_in_a_row = 20;  // explained or not, without any outcome between them
};

class DeviceHealth {
 public:
  explicit DeviceHealth(const HealthLimits& limits) : limits_(limits) {}

  void outcome();  // one of its workers lived through an item
  // explained: an item is to blame. Returns why the device is lost now; nothing while it may go on.
  std::optional<std::string> death(bool explained, std::int64_t now_ns);

  bool works() const { return works_; }                               // there was an outcome
  bool untested() const { return !works_ && deaths_in_a_row_ == 0; }  // neither outcome nor death
  bool outcome_since_death() const { return works_ && deaths_in_a_row_ == 0; }

 private:
  HealthLimits limits_;
  bool works_ = false;
  int deaths_in_a_row_ = 0;
  int unexplained_in_a_row_ = 0;
  std::deque<std::int64_t> unexplained_ns_;  // within the window
};

class RestartDelay {
 public:
  RestartDelay(std::int64_t first_ns, std::int64_t limit_ns, std::int64_t window_ns)
      : first_ns_(first_ns), limit_ns_(limit_ns), window_ns_(window_ns), delay_ns_(first_ns) {}

  // Doubles with each unexplained death that follows another within the window. A death that an item explains
  // says nothing against the next worker: it waits for the first delay only.
  std::int64_t after_death(bool explained, std::int64_t now_ns);

 private:
  std::int64_t first_ns_;
  std::int64_t limit_ns_;
  std::int64_t window_ns_;
  std::int64_t delay_ns_;
  std::optional<std::int64_t> last_ns_;
};

}  // namespace segfleet
