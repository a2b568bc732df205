// SPDX-License-Identifier: Apache-2.0
// What this process has used. Sources: getrusage(2), proc(5).
#pragma once
#include <cstdint>

namespace segfleet {

double process_cpu_seconds();            // user + system, all threads
std::uint64_t process_rss_bytes();       // resident now; 0: not known
std::uint64_t process_peak_rss_bytes();  // largest resident memory since its exec; 0: not known

}  // namespace segfleet
