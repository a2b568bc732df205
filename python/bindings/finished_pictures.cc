// SPDX-License-Identifier: Apache-2.0
#include "finished_pictures.h"

namespace segfleet {

void FinishedPictures::add(std::uint64_t ticket, Result<Segmentation> result) {
  const MutexLock lock(mutex_);
  entries_.emplace_back(ticket, std::move(result));
  filled_.notify_one();
}

std::vector<FinishedPictures::Entry> FinishedPictures::take_all() {
  const MutexLock lock(mutex_);
  while (entries_.empty() && !closed_) filled_.wait(mutex_);
  return std::exchange(entries_, {});
}

void FinishedPictures::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  filled_.notify_all();
}

}  // namespace segfleet
