// SPDX-License-Identifier: Apache-2.0
// The stages as threads with bounded queues between them. A full queue blocks the stage before it, and the
// number of items inside is fixed: memory is bounded by the options, not by how much is leased.
// Thread-safety: run() on one thread; stats() from any thread; follow_engine() on one thread at a time.
#pragma once
#include <atomic>
#include <cstddef>
#include <span>
#include <vector>

#include "base/bounded_queue.h"
#include "imaging/nvjpeg/nvjpeg.h"
#include "segfleet/engine.h"
#include "segfleet/model.h"
#include "transport/messages.h"
#include "worker/batch_control.h"
#include "worker/batch_queue.h"
#include "worker/helper_threads.h"
#include "worker/infer.h"
#include "worker/item.h"
#include "worker/lane_meter.h"
#include "worker/reporter.h"
#include "worker/spare_list.h"

namespace segfleet {

// What is leased and not begun.
struct Inbox : BoundedQueue<LeasedItem> {
  using BoundedQueue::BoundedQueue;
  // Of the pictures that are decoded otherwise than PaddleSeg does so many are to be compared, beginning with
  // the next.
  std::atomic<int> comparisons_owed = 0;
};

class Pipeline {
 public:
  // All that is passed must outlive it. arena: shared memory of pictures and labels; empty where there is
  // none. nvjpeg: where cards decode what they can; else nullptr.
  Pipeline(const Setup& setup, const ModelPackage& model, Engine& engine, BatchControl& batches,
           std::span<std::byte> arena, const Nvjpeg* nvjpeg, Inbox& inbox, Reporter& reporter);

  // Processes the inbox until it is closed and drained. On return every item has its outcome sent.
  void run();

  // A look at what the engine waited for since the last one: more helper threads where they are too few,
  // fewer again where it never waits.
  void follow_engine();

  // What the pipeline knows of Stats: engine times, queues, helper threads, batch and memory.
  Stats stats() const;

 private:
  LaneTimes lane_times() const;  // of all lanes
  void prepare_items(int number);
  void infer_items(int lane);
  void finish_items(int number);
  void write_items();
  template <typename Queue>
  void pass_on(ItemPtr item, Queue& next);  // to the next stage, or, where it failed, to its report
  void report(ItemPtr item);                // sends the outcome; the item is free again
  void report_together(std::span<ItemPtr> group, Message& message);

  const Setup& setup_;
  const ModelPackage& model_;
  const std::span<std::byte> arena_;
  const Nvjpeg* nvjpeg_;
  Inbox& inbox_;
  Reporter& reporter_;
  const std::size_t lanes_;
  BatchControl& batches_;

  SpareList<Tensor> inputs_;
  SpareList<Image> pictures_;
  Infer infer_;
  std::vector<LaneMeter> meters_;  // one a lane
  LaneTimes last_look_;            // of follow_engine()
  HelperThreads preparers_;
  HelperThreads finishers_;
  BoundedQueue<ItemPtr> free_items_;
  BatchQueue to_infer_;
  BoundedQueue<ItemPtr> to_finish_;
  BoundedQueue<ItemPtr> to_write_;
};

}  // namespace segfleet
