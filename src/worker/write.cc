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
  file_count_ = 0;
  for (const ItemPtr& item : items) {
    const LeasedItem& leased = item->leased;
    if (write_mask_) layout_.mask(leased.stem, next_file(item->mask_png).path);
    if (write_overlay_) layout_.overlay(leased.stem, leased.input, next_file(item->overlay_file).path);
    if (write_confidence_) layout_.confidence(leased.stem, next_file(item->confidence_png).path);
  }
  writer_.commit(std::span(files_).first(file_count_), statuses_);
  return {};
}

FileToWrite& Write::next_file(std::span<const std::byte> bytes) {
  if (file_count_ == files_.size()) files_.emplace_back();
  FileToWrite& file = files_[file_count_++];
  file.bytes = bytes;
  return file;
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
