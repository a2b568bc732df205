// SPDX-License-Identifier: Apache-2.0
// Figures as people read them: shared by the terminal display, the plain lines and the closing summary.
// Thread-safety: free functions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "segfleet/run.h"

namespace segfleet {

std::string duration_text(double seconds);  // "4.2 s", "1:07", "3:04:05"; "?" where negative
std::string rate_text(double items_per_s);  // "0.42", "8.3", "1240"
std::string percent_text(double share);     // 0.934 -> "93 %"
std::string bar(double share, std::size_t columns);

double ended_share(const Progress& progress);  // of all items, those with an outcome; 1 for an empty job

// One line: done of total, rate, ETA, failures.
std::string progress_line(const Progress& progress);

// "  util 97 %  5.1 GiB of 80 GiB  61 °C  312 W  throttled  ours 50 %": of that what is known.
std::string sample_text(const DeviceSample& sample);

// A device's state, rate, share of its engine, and what was measured of it; one line.
std::string device_line(const DeviceProgress& device);
// "  queues 4 read 2 infer 0 write  helpers 2 read 1 write"
std::string queues_text(const DeviceProgress& device);

// "failed: in/a.jpg ends too early (input_truncated, stage decode)"; the input is named once.
std::string failure_line(const ItemEvent& event);

// Cuts UTF-8 text to `columns` columns of a terminal, with an ellipsis: wide characters (Chinese, emoji) take
// two, combining marks none. Control characters and bytes that are no UTF-8 become '?', so that no file name
// can steer a terminal.
std::string fit(std::string_view text, std::size_t columns);
// The same without a limit of columns.
std::string printable(std::string_view text);
std::size_t columns_of(std::string_view printable_text);

// Writes and flushes. A full disk or a reader that went away is no reason to end a job: what cannot be
// written is lost.
void put(std::FILE* out, std::string_view text);

}  // namespace segfleet
