// SPDX-License-Identifier: Apache-2.0
// Wall-clock time for people: ledger, summary, owner records. Never used to measure or to order.
#pragma once
#include <chrono>
#include <string>

namespace segfleet {

std::string utc_text(std::chrono::system_clock::time_point time);  // "2026-01-31T23:59:59.999Z"

}  // namespace segfleet
