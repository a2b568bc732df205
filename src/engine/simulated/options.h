// SPDX-License-Identifier: Apache-2.0
// What the simulated engine can be told by --engine-option; docs/engines_simulated.md. Thread-safety: plain
// data.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/simulated/fault.h"
#include "engine/simulated/latency.h"
#include "engine/simulated/simulated_memory.h"
#include "segfleet/engine.h"
#include "segfleet/error.h"

namespace segfleet {

// "First pixel" is the first value of an item's tensor: red of the top left pixel, after Normalize. It
// matches within 0.001; one step of an 8-bit value is 0.0078 after the usual Normalize(0.5, 0.5).
struct SimulatedOptions {
  int classes = 5;             // 1 to 256
  bool scores = false;         // output=scores: one-hot N×C×H×W; default as output_op asks
  std::uint64_t seed = 0;      // of all that is drawn
  unsigned device = 0;         // number of the device
  Latency latency;             // of every call
  Latency latency_per_item;    // more for every item of the batch
  std::vector<Slowdown> slow;  // of both, by the time since the load
  double load_ms = 0;          // of load()
  MemorySizes memory;
  Fault crash;         // the process aborts
  Fault hang;          // infer() never returns
  Fault oom;           // out_of_memory
  Fault wrong_output;  // output one row too high
  std::optional<float> crash_if_first_pixel;
  std::optional<float> hang_if_first_pixel;
  std::optional<float> fail_if_first_pixel;  // engine_error
  std::optional<int> oom_if_batch_over;      // out_of_memory for more items at once
  bool crash_at_load = false;
  bool fail_at_load = false;              // engine_error
  bool wrong_shape = false;               // every output one row too high
  bool wrong_count = false;               // output with one item too many
  std::filesystem::path crash_once_file;  // the process that makes this file aborts, in infer()
};

// `device`: "cpu", or "sim:N", which are the options of that number (option_scope.h).
// Errors: invalid_argument, naming the key and the keys that exist.
Result<SimulatedOptions> parse_simulated_options(const std::map<std::string, std::string>& extra, OutputOp op,
                                                 const std::string& device);

}  // namespace segfleet
