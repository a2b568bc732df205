// SPDX-License-Identifier: Apache-2.0
// The pictures that a fleet has taken and not given back: between the callers' threads, which add them, and
// the fleet's own, which leases them and ends them. Thread-safety: add(), refusal() and close() from any
// thread, the rest from the loop's.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "base/unique_fd.h"
#include "fleet/arena/arena.h"
#include "fleet/loop/event_loop.h"
#include "segfleet/fleet.h"

namespace segfleet {

// What becomes of one picture's outcome. `attached`: the labels, where no region waits for them.
using PictureDone = std::function<void(Result<Outcome>, UniqueFd attached, const std::string& device,
                                       std::uint32_t attempts)>;

struct PendingPicture {
  LeasedItem item;
  std::shared_ptr<Region> picture;  // kept until the outcome: a second attempt needs it
  std::shared_ptr<Region> labels;
  PictureDone done;
};

class PendingPictures : public ItemFeed {
 public:
  PendingPictures();  // throws std::system_error where no eventfd can be had

  // Errors: why the fleet ended (end()); invalid_argument after close().
  Status add(PendingPicture picture) SEGFLEET_EXCLUDES(mutex_);
  Status refusal() const SEGFLEET_EXCLUDES(mutex_);  // the error of add(), if it would have one
  void close() SEGFLEET_EXCLUDES(mutex_);            // no more will come

  // Of the loop.
  void feed(Dispatcher& dispatcher) override SEGFLEET_EXCLUDES(mutex_);
  int wake_fd() const override { return wake_.get(); }
  bool has(ItemId id) const override SEGFLEET_EXCLUDES(mutex_);
  LeasedItem leased(const LeaseEntry& entry) const override SEGFLEET_EXCLUDES(mutex_);
  std::optional<PendingPicture> take(ItemId id) SEGFLEET_EXCLUDES(mutex_);
  // Nothing is added from now on; what is open is given back, to be ended with `why`.
  std::vector<PendingPicture> end(const Error& why) SEGFLEET_EXCLUDES(mutex_);

 private:
  void wake();
  Status refusal_now() const SEGFLEET_REQUIRES(mutex_);

  UniqueFd wake_;
  mutable Mutex mutex_;
  std::unordered_map<ItemId, PendingPicture> pictures_ SEGFLEET_GUARDED_BY(mutex_);
  std::vector<ItemId> fresh_ SEGFLEET_GUARDED_BY(mutex_);  // not yet with the dispatcher
  ItemId next_id_ SEGFLEET_GUARDED_BY(mutex_) = 0;
  bool closed_ SEGFLEET_GUARDED_BY(mutex_) = false;
  bool end_told_ SEGFLEET_GUARDED_BY(mutex_) = false;
  std::optional<Error> ended_ SEGFLEET_GUARDED_BY(mutex_);
};

}  // namespace segfleet
