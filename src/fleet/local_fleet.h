// SPDX-License-Identifier: Apache-2.0
// A fleet of this machine: the run's dispatcher, loop and workers, fed from memory and answering to memory.
// The loop has a thread of its own, which also spawns the workers: the kernel ends them with it.
// Thread-safety: fleet.h.
#pragma once
#include <unistd.h>

#include <memory>
#include <thread>

#include "base/mutex.h"
#include "fleet/arena/arena.h"
#include "fleet/fleet_books.h"
#include "segfleet/fleet.h"
#include "segfleet/model.h"

namespace segfleet {

class LocalFleet : public Fleet {
 public:
  static Result<std::unique_ptr<Fleet>> open(FleetOptions options, std::shared_ptr<StopRequest> stop);
  ~LocalFleet() override;

  Status submit(const PictureArray& picture, Done done, bool* full) override;
  Status submit_encoded(std::span<const std::byte> file, Done done, bool* full) override;
  Status submit_path(const std::filesystem::path& file, Done done) override;
  Result<BatchSegmentation> segment_batch(const PictureArray& first, std::size_t count,
                                          std::ptrdiff_t picture_bytes) override;
  Result<Progress> stats() const override;
  Result<std::vector<std::string>> notes() const override;
  void close(bool at_once) override;

 private:
  LocalFleet(FleetOptions options, ModelPackage model, WorkerPlan plan, std::shared_ptr<Arena> arena,
             std::shared_ptr<StopRequest> stop);
  void run_loop();
  Status check_process() const;
  // As Arena::allocate(); where the fleet has ended, why.
  Result<std::vector<std::shared_ptr<Region>>> room_for(const std::vector<RegionPart>& parts,
                                                        bool* full = nullptr);
  Result<Size> labels_size(Size picture) const;
  std::string as_workers_find_it(const std::filesystem::path& file) const;
  std::size_t planes() const { return options_.confidence ? 2 : 1; }
  struct LabelsPlace {
    std::shared_ptr<Region> region;
    std::size_t labels_at;      // from the region's first byte
    std::size_t confidence_at;  // where it was asked for
    Size size;
  };
  Status add(PictureDone done, std::string name, const std::optional<ArenaPicture>& place = {},
             std::shared_ptr<Region> picture = nullptr, std::shared_ptr<Region> labels = nullptr);
  Status submit_array(const PictureArray& array, std::shared_ptr<Region> picture, LabelsPlace place,
                      PictureDone done);

  const FleetOptions options_;
  const ModelPackage model_;
  WorkerPlan plan_;
  const std::shared_ptr<Arena> arena_;
  const pid_t process_ = ::getpid();
  const std::shared_ptr<StopRequest> stop_;
  PendingPictures pictures_;
  FleetBooks books_;
  Mutex joining_;  // of two threads that close, one joins
  std::thread loop_ SEGFLEET_GUARDED_BY(joining_);
};

}  // namespace segfleet
