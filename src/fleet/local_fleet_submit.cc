// SPDX-License-Identifier: Apache-2.0
// How a fleet takes pictures and gives labels back.
#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "fleet/local_fleet.h"
#include "fleet/picture_copy.h"
#include "imaging/preprocess/geometry.h"

namespace segfleet {
namespace {

using Bytes = std::shared_ptr<const std::uint8_t>;

// A view that keeps its owner.
template <typename Owner>
Bytes view_of(const std::shared_ptr<Owner>& owner, std::span<std::byte> bytes) {
  return {owner, reinterpret_cast<const std::uint8_t*>(bytes.data())};
}

std::size_t pixels_of(Size size) {
  return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
}

PictureTimes times_of(const Outcome& outcome, const std::string& device, std::uint32_t attempts) {
  PictureTimes times;
  for (std::size_t i = 0; i < kStageCount; ++i)
    times.stage_us.emplace_back(name_of(static_cast<Stage>(i)), outcome.stage_us[i]);
  times.device = device;
  times.attempts = attempts;
  return times;
}

// Labels that came with the outcome, in memory of their own.
Result<Segmentation> attached_result(const Outcome& outcome, UniqueFd attached, bool confidence) {
  Result<SharedMemory> mapped = SharedMemory::map(std::move(attached));
  SEGFLEET_RETURN_IF_ERROR(mapped);
  const auto memory = std::make_shared<SharedMemory>(std::move(mapped).value());
  (void)memory->take_fd();  // closed: thousands of results must not hold thousands of descriptors
  const std::size_t pixels = pixels_of(outcome.labels);
  if (memory->bytes().size() < pixels * (confidence ? 2 : 1))
    return Error{ErrorCode::protocol_error, "a worker sent less memory than its labels need"};
  Segmentation result;
  result.size = outcome.labels;
  result.labels = view_of(memory, memory->bytes());
  if (confidence) result.confidence = view_of(memory, memory->bytes().subspan(pixels));
  return result;
}

PictureDone attached_done(Fleet::Done done, bool confidence) {
  return [done = std::move(done), confidence](Result<Outcome> outcome, UniqueFd attached,
                                              const std::string& device, std::uint32_t attempts) {
    if (!outcome.ok()) return done(outcome.error());
    Result<Segmentation> result = attached_result(*outcome, std::move(attached), confidence);
    if (result.ok()) result->times = times_of(*outcome, device, attempts);
    done(std::move(result));
  };
}

// The pictures of a batch that are still out, for the thread that waits for them.
class BatchWait {
 public:
  explicit BatchWait(std::size_t count) : left_(count) {}
  void done(std::size_t index, const Result<Outcome>& outcome) SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (!outcome.ok()) failures_.emplace_back(index, outcome.error());
    if (--left_ == 0) all_done_.notify_all();
  }
  // `not_sent`: pictures that will never be done.
  std::vector<std::pair<std::size_t, Error>> wait(std::size_t not_sent) SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    left_ -= not_sent;
    while (left_ > 0) all_done_.wait(mutex_);
    std::ranges::sort(failures_, {}, &std::pair<std::size_t, Error>::first);
    return std::move(failures_);
  }

 private:
  Mutex mutex_;
  Condition all_done_;
  std::size_t left_ SEGFLEET_GUARDED_BY(mutex_);
  std::vector<std::pair<std::size_t, Error>> failures_ SEGFLEET_GUARDED_BY(mutex_);
};

}  // namespace

Result<Size> LocalFleet::labels_size(Size picture) const {
  const Result<Geometry> network = geometry(model_.transforms, picture);
  SEGFLEET_RETURN_IF_ERROR(network);
  return options_.output_size == OutputSize::original ? picture : network->network;
}

// The caller keeps no hold of the picture's region: once a result is told, its picture's memory must be free,
// or who waits for room would wait for it in vain.
Status LocalFleet::add(PictureDone done, std::string name, const std::optional<ArenaPicture>& place,
                       std::shared_ptr<Region> picture, std::shared_ptr<Region> labels) {
  PendingPicture pending;
  pending.item.input = std::move(name);
  pending.item.picture = place;
  pending.picture = std::move(picture);
  pending.labels = std::move(labels);
  pending.done = std::move(done);
  return pictures_.add(std::move(pending));
}

// `picture`: where the array goes; `place`: where its labels are to go.
Status LocalFleet::submit_array(const PictureArray& array, std::shared_ptr<Region> picture, LabelsPlace place,
                                PictureDone done) {
  copy_picture(array, picture->bytes());
  const ArenaPicture item{picture->offset(),
                          picture->bytes().size(),
                          array.size,
                          place.region->offset() + place.labels_at,
                          pixels_of(place.size),
                          place.region->offset() + place.confidence_at};
  return add(std::move(done), fmt::format("array of {}x{} pixels", array.size.width, array.size.height), item,
             std::move(picture), std::move(place.region));
}

Result<std::vector<std::shared_ptr<Region>>> LocalFleet::room_for(const std::vector<RegionPart>& parts,
                                                                  bool* full) {
  auto regions = arena_->allocate(parts, full);
  if (!regions.ok() && regions.error().code == ErrorCode::interrupted)  // it is closed
    SEGFLEET_RETURN_IF_ERROR(pictures_.refusal());
  return regions;
}

Status LocalFleet::submit(const PictureArray& picture, Done done, bool* full) {
  SEGFLEET_RETURN_IF_ERROR(check_process());
  SEGFLEET_RETURN_IF_ERROR(check_picture(picture));
  const Result<Size> size = labels_size(picture.size);
  SEGFLEET_RETURN_IF_ERROR(size);
  const std::size_t pixels = pixels_of(*size);
  auto regions = room_for({{picture_bytes(picture.size), true}, {planes() * pixels, false}}, full);
  SEGFLEET_RETURN_IF_ERROR(regions);
  if (full != nullptr && *full) return {};
  const std::shared_ptr<Region>& labels = (*regions)[1];
  return submit_array(picture, std::move((*regions)[0]), {labels, 0, pixels, *size},
                      [size = *size, labels, confidence = options_.confidence, done = std::move(done)](
                          const Result<Outcome>& outcome, const UniqueFd&, const std::string& device,
                          std::uint32_t attempts) {
                        if (!outcome.ok()) return done(outcome.error());
                        Segmentation result{size, view_of(labels, labels->bytes()), nullptr,
                                            times_of(*outcome, device, attempts)};
                        if (confidence)
                          result.confidence = view_of(labels, labels->bytes().subspan(pixels_of(size)));
                        done(std::move(result));
                      });
}

Status LocalFleet::submit_encoded(std::span<const std::byte> file, Done done, bool* full) {
  SEGFLEET_RETURN_IF_ERROR(check_process());
  if (file.empty()) return Error{ErrorCode::invalid_argument, "an encoded picture of 0 bytes"};
  auto regions = room_for({{file.size(), true}}, full);
  SEGFLEET_RETURN_IF_ERROR(regions);
  if (full != nullptr && *full) return {};
  std::shared_ptr<Region> region = std::move(regions->front());
  std::ranges::copy(file, region->bytes().begin());
  const ArenaPicture item{region->offset(), file.size(), {}, 0, 0, 0};
  return add(attached_done(std::move(done), options_.confidence),
             fmt::format("encoded picture of {} bytes", file.size()), item, std::move(region));
}

// Workers stay in the folder in which the fleet was opened; from there the path leads as the caller wrote it.
std::string LocalFleet::as_workers_find_it(const std::filesystem::path& file) const {
  if (file.is_absolute()) return file.native();
  std::error_code no_folder;
  const std::filesystem::path here = std::filesystem::current_path(no_folder);
  return here == plan_.folder ? file.native() : (here / file).native();
}

Status LocalFleet::submit_path(const std::filesystem::path& file, Done done) {
  SEGFLEET_RETURN_IF_ERROR(check_process());
  if (const std::size_t nul = file.native().find('\0'); nul != std::string::npos)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("the path {} goes on after a NUL byte, which no file's name has",
                             file.native().substr(0, nul))};
  return add(attached_done(std::move(done), options_.confidence), as_workers_find_it(file));
}

Result<BatchSegmentation> LocalFleet::segment_batch(const PictureArray& first, std::size_t count,
                                                    std::ptrdiff_t picture_bytes) {
  SEGFLEET_RETURN_IF_ERROR(check_process());
  BatchSegmentation batch;
  batch.count = count;
  if (count == 0) return batch;
  SEGFLEET_RETURN_IF_ERROR(check_picture(first));
  const Result<Size> size = labels_size(first.size);
  SEGFLEET_RETURN_IF_ERROR(size);
  batch.size = *size;
  const std::size_t pixels = pixels_of(*size);
  auto whole = room_for({{planes() * count * pixels, false}});
  SEGFLEET_RETURN_IF_ERROR(whole);
  const std::shared_ptr<Region> labels = whole->front();
  whole->clear();

  const auto wait = std::make_shared<BatchWait>(count);
  PictureArray picture = first;
  Status status;
  std::size_t sent = 0;
  for (; sent < count && status.ok(); picture.first += picture_bytes) {
    auto region = room_for({{segfleet::picture_bytes(picture.size), true}});
    status = region.ok() ? submit_array(picture, std::move(region->front()),
                                        {labels, sent * pixels, (count + sent) * pixels, *size},
                                        [wait, index = sent](const Result<Outcome>& outcome, const UniqueFd&,
                                                             const std::string&,
                                                             std::uint32_t) { wait->done(index, outcome); })
                         : region.error();
    if (status.ok()) ++sent;
  }
  batch.failures = wait->wait(count - sent);
  SEGFLEET_RETURN_IF_ERROR(status);
  for (const auto& [index, error] : batch.failures)
    for (std::size_t plane = 0; plane < planes(); ++plane)
      std::ranges::fill(labels->bytes().subspan((plane * count + index) * pixels, pixels), std::byte{0});
  batch.labels = view_of(labels, labels->bytes());
  if (options_.confidence) batch.confidence = view_of(labels, labels->bytes().subspan(count * pixels));
  return batch;
}

}  // namespace segfleet
