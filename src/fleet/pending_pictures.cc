// SPDX-License-Identifier: Apache-2.0
#include "fleet/pending_pictures.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/clock.h"

namespace segfleet {

PendingPictures::PendingPictures() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Status PendingPictures::add(PendingPicture picture) {
  const MutexLock lock(mutex_);
  SEGFLEET_RETURN_IF_ERROR(refusal_now());
  picture.item.id = next_id_++;
  fresh_.push_back(picture.item.id);
  const bool first = fresh_.size() == 1;  // else the loop has not yet looked at the ones before
  pictures_.emplace(picture.item.id, std::move(picture));
  if (first) wake();
  return {};
}

Status PendingPictures::refusal() const {
  const MutexLock lock(mutex_);
  return refusal_now();
}

Status PendingPictures::refusal_now() const {
  if (ended_) return *ended_;
  if (closed_) return Error{ErrorCode::invalid_argument, "the fleet is closed: open another"};
  return {};
}

void PendingPictures::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  wake();
}

void PendingPictures::wake() {
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);  // fails only where it is readable already
}

void PendingPictures::feed(Dispatcher& dispatcher) {
  std::uint64_t count = 0;
  (void)!::read(wake_.get(), &count, sizeof count);  // the first call comes without one
  const MutexLock lock(mutex_);
  for (const ItemId id : fresh_) dispatcher.source_item(id);
  fresh_.clear();
  if (!closed_ || end_told_) return;
  end_told_ = true;
  dispatcher.source_end(steady_now_ns());
}

bool PendingPictures::has(ItemId id) const {
  const MutexLock lock(mutex_);
  return id < next_id_;
}

LeasedItem PendingPictures::leased(const LeaseEntry& entry) const {
  const MutexLock lock(mutex_);
  LeasedItem item = pictures_.at(entry.id).item;
  item.attempt = entry.attempt;
  return item;
}

std::optional<PendingPicture> PendingPictures::take(ItemId id) {
  const MutexLock lock(mutex_);
  const auto found = pictures_.find(id);
  if (found == pictures_.end()) return std::nullopt;
  std::optional<PendingPicture> picture(std::move(found->second));
  pictures_.erase(found);
  return picture;
}

std::vector<PendingPicture> PendingPictures::end(const Error& why) {
  const MutexLock lock(mutex_);
  ended_ = why;
  std::vector<PendingPicture> open;
  for (auto& [id, picture] : pictures_) open.push_back(std::move(picture));
  pictures_.clear();
  fresh_.clear();
  return open;
}

}  // namespace segfleet
