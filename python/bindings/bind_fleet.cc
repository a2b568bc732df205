// SPDX-License-Identifier: Apache-2.0
// The fleet behind python/segfleet/fleet.py. Nothing here holds the interpreter's lock while it waits.
#include <fmt/format.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/vector.h>
#include <unistd.h>

#include <memory>

#include "bindings.h"
#include "compute_options.h"
#include "finished_pictures.h"
#include "python_error.h"
#include "segfleet/fleet.h"
#include "segmentation.h"
#include "text_caster.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace segfleet {
namespace {

using PictureInput = nb::ndarray<nb::ro, std::uint8_t, nb::shape<-1, -1, 3>, nb::device::cpu>;
using BatchInput = nb::ndarray<nb::ro, std::uint8_t, nb::shape<-1, -1, -1, 3>, nb::device::cpu>;

// The last three axes, height, width and channels, whatever the strides are.
template <typename Array>
PictureArray picture_of(const Array& array, bool rgb) {
  const std::size_t first = array.ndim() - 3;
  PictureArray picture;
  picture.first = static_cast<const std::uint8_t*>(array.data());
  picture.size = {static_cast<int>(array.shape(first + 1)), static_cast<int>(array.shape(first))};
  picture.row_bytes = array.stride(first);
  picture.pixel_bytes = array.stride(first + 1);
  picture.channel_bytes = array.stride(first + 2);
  picture.rgb = rgb;
  return picture;
}

void check(const Status& status) {
  if (!status.ok()) raise(status.error());
}

template <typename T>
T value_of(Result<T> result) {
  if (!result.ok()) raise(result.error());
  return std::move(result).value();
}

class NativeFleet {
 public:
  explicit NativeFleet(nb::dict words) {
    take_compute_options(words, options_);
    take_word(words, "confidence", options_.confidence);
    take_word(words, "arena_bytes", options_.arena_bytes);
    refuse_the_rest(words);
  }
  ~NativeFleet() {
    const nb::gil_scoped_release unlocked;
    fleet_.reset();
  }
  NativeFleet(const NativeFleet&) = delete;
  NativeFleet& operator=(const NativeFleet&) = delete;

  // Before all else but stop().
  void open() {
    Result<std::unique_ptr<Fleet>> fleet = [&] {
      const nb::gil_scoped_release unlocked;
      return Fleet::open(options_, stop_);
    }();
    fleet_ = value_of(std::move(fleet));
  }
  // Kills the workers, also while open() or close() waits in another thread.
  void stop() {
    if (in_child()) return;
    stop_->request();
    stop_->request();
  }

  // False: the arena is full for now.
  bool submit_array(const PictureInput& array, bool rgb, std::uint64_t ticket) {
    const PictureArray picture = picture_of(array, rgb);
    return submitted([&](bool* full) { return fleet_->submit(picture, done(ticket), full); });
  }
  bool submit_encoded(nb::bytes file, std::uint64_t ticket) {
    const auto bytes = std::as_bytes(std::span(file.c_str(), file.size()));
    return submitted([&](bool* full) { return fleet_->submit_encoded(bytes, done(ticket), full); });
  }
  void submit_path(const std::filesystem::path& path, std::uint64_t ticket) {
    submitted([&](bool*) { return fleet_->submit_path(path, done(ticket)); });
  }

  // (ticket, Segmentation or exception) of what has ended; waits for some; empty once closed.
  nb::list take_finished() {
    std::vector<FinishedPictures::Entry> entries;
    {
      const nb::gil_scoped_release unlocked;
      entries = finished_->take_all();
    }
    nb::list list;
    const nb::object error_of = nb::module_::import_("segfleet.errors").attr("error_of");
    for (auto& [ticket, result] : entries) {
      nb::object outcome = result.ok()
                               ? nb::cast(std::move(*result))
                               : error_of(std::string(name_of(result.error().code)), result.error().message);
      list.append(nb::make_tuple(ticket, outcome));
    }
    return list;
  }

  // (labels N×H×W, confidence N×H×W or None, [(index, exception)]).
  nb::tuple segment_batch(const BatchInput& array, bool rgb) {
    const PictureArray first = picture_of(array, rgb);
    const auto count = static_cast<std::size_t>(array.shape(0));
    Result<BatchSegmentation> batch = [&] {
      const nb::gil_scoped_release unlocked;
      return fleet_->segment_batch(first, count, array.stride(0));
    }();
    if (!batch.ok()) raise(batch.error());
    nb::list failures;
    const nb::object error_of = nb::module_::import_("segfleet.errors").attr("error_of");
    for (const auto& [index, error] : batch->failures)
      failures.append(nb::make_tuple(index, error_of(std::string(name_of(error.code)), error.message)));
    const auto height = static_cast<std::size_t>(batch->size.height);
    const auto width = static_cast<std::size_t>(batch->size.width);
    return nb::make_tuple(shared_array(batch->labels, {count, height, width}),
                          shared_array(batch->confidence, {count, height, width}), failures);
  }

  nb::dict stats() const {
    const Progress progress = value_of(fleet_->stats());
    nb::list devices;
    for (const DeviceProgress& device : progress.devices) {
      nb::dict entry;
      entry["device"] = device.device;
      entry["device_name"] = device.device_name;
      entry["state"] = device.state;
      entry["workers"] = device.workers;
      entry["done"] = device.done;
      entry["images_per_s"] = device.items_per_s;
      entry["busy_share"] = device.busy_share;
      entry["peak_rss_bytes"] = device.peak_rss_bytes;
      entry["batch"] = device.batch;
      const bool measured = device.memory_total_bytes > 0;
      entry["memory_used_bytes"] = measured ? nb::cast(device.memory_used_bytes) : nb::none();
      entry["memory_total_bytes"] = measured ? nb::cast(device.memory_total_bytes) : nb::none();
      devices.append(entry);
    }
    nb::dict stats;
    stats["done"] = progress.done;
    stats["failed"] = progress.failed;
    stats["images_per_s"] = progress.items_per_s;
    stats["devices"] = devices;
    stats["notes"] = value_of(fleet_->notes());
    return stats;
  }

  // After it take_finished() gives what is left, then nothing.
  void close(bool at_once) {
    const nb::gil_scoped_release unlocked;
    if (in_child()) return;
    if (fleet_) fleet_->close(at_once);
    finished_->close();
  }

 private:
  Fleet::Done done(std::uint64_t ticket) {
    return [finished = finished_, ticket](Result<Segmentation> result) {
      finished->add(ticket, std::move(result));
    };
  }
  template <typename Submit>
  static bool submitted(const Submit& submit) {
    bool full = false;
    Status status;
    {
      const nb::gil_scoped_release unlocked;
      status = submit(&full);
    }
    check(status);
    return !full;
  }

  // After fork() the workers are the parent's, and a lock's copy may be held for ever.
  bool in_child() const { return ::getpid() != process_; }

  const pid_t process_ = ::getpid();
  std::shared_ptr<FinishedPictures> finished_ = std::make_shared<FinishedPictures>();
  FleetOptions options_;
  std::shared_ptr<StopRequest> stop_ = std::make_shared<StopRequest>();
  std::unique_ptr<Fleet> fleet_;
};

}  // namespace

void bind_fleet(nb::module_& module) {
  bind_segmentation(module);
  nb::class_<NativeFleet>(module, "NativeFleet", "Behind segfleet.Fleet; not meant to be used by hand.")
      .def(nb::init<nb::dict>(), "words"_a)
      .def("open", &NativeFleet::open)
      .def("stop", &NativeFleet::stop)
      .def("submit_array", &NativeFleet::submit_array, "array"_a, "rgb"_a, "ticket"_a)
      .def("submit_encoded", &NativeFleet::submit_encoded, "file"_a, "ticket"_a)
      .def("submit_path", &NativeFleet::submit_path, "path"_a, "ticket"_a)
      .def("take_finished", &NativeFleet::take_finished)
      .def("segment_batch", &NativeFleet::segment_batch, "array"_a, "rgb"_a)
      .def("stats", &NativeFleet::stats)
      .def("close", &NativeFleet::close, "at_once"_a);
}

}  // namespace segfleet
