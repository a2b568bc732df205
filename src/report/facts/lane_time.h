// SPDX-License-Identifier: Apache-2.0
// What the engine lanes of a worker did with their time, and why they did nothing: told from its items'
// moments alone. Thread-safety: free functions without shared state.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "fleet/ledger/ledger_reader.h"

namespace segfleet {

enum class LaneUse : std::uint8_t {
  busy,    // in the engine
  input,   // waits for an item that is being read, decoded or transformed
  output,  // results hold it up: those of its items that are there pile up, or are restored, encoded, written
  handover,  // an item is ready for it, and goes from thread to thread
  no_item,   // the worker holds no item that is still to be computed
  loading,   // its process starts and loads the model
  down,      // it has no process, or one that gave no further outcome before it died
  paused,    // likewise without an item, while a user let the run pause
};
inline constexpr std::size_t kLaneUses = 8;
inline constexpr std::array<std::string_view, kLaneUses> kLaneUseNames = {
    "busy", "input", "output", "handover", "no_item", "loading", "down", "paused"};

// What is needed of an item. Its moments are of the run's clock, in microseconds; 0: it did not get there.
struct ItemSpan {
  std::int64_t begin_us = 0;
  std::int64_t prepared_us = 0;
  std::int64_t infer_begin_us = 0;
  std::int64_t infer_end_us = 0;
  std::int64_t finish_begin_us = 0;
  std::int64_t end_us = 0;
};
ItemSpan span_of(const ItemRecord& item);

// use(from_us, to_us, what, lanes): without gap or overlap from `from_us` to `to_us`, in order; of each piece
// the lanes add up to `lanes`. Items with the same moments in the engine were one batch. more_until_us: until
// then the run had items that no worker had begun, so that a worker without any was held up.
using UseOfLanes =
    std::function<void(std::int64_t from_us, std::int64_t to_us, LaneUse what, std::int64_t lanes)>;
void lane_time(const std::vector<ItemSpan>& items, std::int64_t lanes, std::int64_t from_us,
               std::int64_t to_us, std::int64_t more_until_us, const UseOfLanes& use);

}  // namespace segfleet
