// SPDX-License-Identifier: Apache-2.0
// Commits the files of several items together, for one thread of the pipeline.
// Thread-safety: one thread at a time.
#pragma once
#include <span>
#include <vector>

#include "io/sink/durable_writer.h"
#include "io/sink/output_layout.h"
#include "transport/messages.h"
#include "worker/item.h"

namespace segfleet {

class Write {
 public:
  explicit Write(const Setup& setup);

  // On return every file of an item that has not failed is durable;
  // an item that failed has left none of its own.
  void run(std::span<ItemPtr> items);

 private:
  Status commit(std::span<ItemPtr> items);
  FileToWrite& next_file(std::span<const std::byte> bytes);
  void settle(Item& item, std::size_t& next);

  bool write_mask_;
  bool write_overlay_;
  bool write_confidence_;
  OutputLayout layout_;
  DurableWriter writer_;
  // Of one call, reused; in the items' order, like statuses_. The first file_count_ of files_ are meant.
  std::vector<FileToWrite> files_;
  std::size_t file_count_ = 0;
  std::vector<Status> statuses_;
};

}  // namespace segfleet
