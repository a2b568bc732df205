// SPDX-License-Identifier: Apache-2.0
#include "worker/write.h"

#include <system_error>

#include "base/clock.h"
#include "worker/guarded.h"

namespace segfleet {

Write::Write(const Setup& setup)
    : write_mask_(setup.write_mask),
      write_overlay_(setup.write_overlay),
      write_confidence_(setup.write_confidence),
      layout_(setup.output, setup.layout) {}

void Write::run(std::span<ItemPtr> items) {
  const Stopwatch watch;
  const Status status = guarded("write its files", [&] { return commit(items); });
  const std::int64_t share_ns = watch.elapsed_ns() / static_cast<std::int64_t>(items.size());
  std::size_t next = 0;
  for (const ItemPtr& item : items) {
    item->add_time(Stage::write, share_ns);
    if (status.ok())
      settle(*item, next);
    else
      item->fail(Stage::write, status.error());
    item->outcome.done = !item->failed;
  }
}

Status Write::commit(std::span<ItemPtr> items) {
  files_.clear();
  for (const ItemPtr& item : items) {
    if (write_mask_) files_.push_back({layout_.mask(item->leased.stem), item->mask_png});
    if (write_overlay_)
      files_.push_back({layout_.overlay(item->leased.stem, item->leased.input), item->overlay_file});
    if (write_confidence_) files_.push_back({layout_.confidence(item->leased.stem), item->confidence_png});
  }
  statuses_.clear();
  writer_.commit(files_, statuses_);
  return {};
}

// Takes the item's statuses. Where one of its files failed, the others are of no use: the item has failed.
void Write::settle(Item& item, std::size_t& next) {
  const std::size_t first = next;
  next += static_cast<std::size_t>(write_mask_) + static_cast<std::size_t>(write_overlay_) +
          static_cast<std::size_t>(write_confidence_);
  for (std::size_t i = first; i < next; ++i)
    if (!statuses_[i].ok()) item.fail(Stage::write, statuses_[i].error());
  if (!item.failed) return;
  for (std::size_t i = first; i < next; ++i) {
    std::error_code ignored;
    if (statuses_[i].ok()) std::filesystem::remove(files_[i].path, ignored);
  }
}

}  // namespace segfleet
