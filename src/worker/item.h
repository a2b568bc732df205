// SPDX-License-Identifier: Apache-2.0
// One leased item on its way through the pipeline, owned by exactly one stage or queue at a time.
// Thread-safety: plain data; handed from thread to thread through the queues.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "imaging/preprocess/preprocess.h"
#include "segfleet/image.h"
#include "segfleet/tensor.h"
#include "transport/messages.h"

namespace segfleet {

struct Item {
  LeasedItem leased;
  Message message = Outcome{};                         // as it is sent: kept, for its memory
  Outcome& outcome = *std::get_if<Outcome>(&message);  // filled on the way; its times are this item's share
                                                       // where a stage takes several
  bool failed = false;
  Trace trace;
  std::shared_ptr<Tensor> input;   // from transform to the engine
  std::shared_ptr<Image> picture;  // from decode to restore; empty where no overlay is wanted
  std::shared_ptr<Tensor> output;  // from the engine to restore; shared by the items of a batch
  std::size_t output_index = 0;    // its place in `output`
  // Where leased.compare, of the picture in full: beside the item's own way, and none where that failed.
  std::shared_ptr<Tensor> full_input;
  std::shared_ptr<Tensor> full_output;
  std::vector<std::byte> mask_png;
  std::vector<std::byte> overlay_file;  // in the format of its name (OutputLayout)
  std::vector<std::byte> confidence_png;
  UniqueFd attached;  // labels that travel with the outcome
  std::int64_t waiting_since_ns = 0;
  std::int64_t zero_ns = 0;  // its moments count from here: set once

  // Buffers keep their memory; `next` gets the memory of what was leased before.
  void begin(LeasedItem&& next);
  // The first failure counts. The message gets the input's path in front where it does not have it.
  void fail(Stage stage, const Error& error);
  void add_time(Stage stage, std::int64_t elapsed_ns);
  void reach(Moment moment, std::int64_t now_ns);
  void reach(Moment moment) { reach(moment, steady_now_ns()); }
  void start_waiting() { waiting_since_ns = steady_now_ns(); }
  void stop_waiting() { add_time(Stage::queue, steady_now_ns() - waiting_since_ns); }
};
using ItemPtr = std::unique_ptr<Item>;

// Adds the time from its construction to its end to one stage of one item.
class StageTimer {
 public:
  StageTimer(Item& item, Stage stage) : item_(item), stage_(stage) {}
  ~StageTimer() { item_.add_time(stage_, watch_.elapsed_ns()); }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  Item& item_;
  Stage stage_;
  Stopwatch watch_;
};

}  // namespace segfleet
