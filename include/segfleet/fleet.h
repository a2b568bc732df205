// SPDX-License-Identifier: Apache-2.0
// Pictures in, labels out, in the caller's own memory: one worker process on each device, kept alive between
// calls. For a folder of files there is run.h, which also keeps a ledger.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/image.h"
#include "segfleet/options.h"
#include "segfleet/run.h"

namespace segfleet {

struct FleetOptions : ComputeOptions {
  // Shared memory for arrays, encoded pictures and the labels of arrays; only what is used takes memory.
  // submit() waits while it is full. Labels of files and encoded pictures have memory of their own.
  std::uint64_t arena_bytes = 1ull << 30;
  bool confidence =
      false;  // also give the probability of each pixel's class; needs a model that gives scores
};

// A picture in memory, 8 bits, three channels, any layout: a step may be negative or have gaps.
struct PictureArray {
  const std::uint8_t* first = nullptr;  // channel 0 of the top left pixel
  Size size;
  std::ptrdiff_t row_bytes = 0;      // from a row to the next
  std::ptrdiff_t pixel_bytes = 3;    // from a pixel to the next in its row
  std::ptrdiff_t channel_bytes = 1;  // from a channel to the next
  bool rgb = false;                  // channel 0 is red; else blue, as cv2 and PaddleSeg have it
};

// How long one picture took in each stage, in microseconds, and where.
struct PictureTimes {
  std::vector<std::pair<std::string, std::int64_t>> stage_us;  // "read", "decode", ... in order
  std::string device;
  std::uint32_t attempts = 1;
};

// The labels of one picture, in memory shared with the worker that wrote them. May outlive the fleet.
struct Segmentation {
  Size size;                                   // that of the picture, or of the network (output_size)
  std::shared_ptr<const std::uint8_t> labels;  // size.height * size.width bytes, rows without gaps
  std::shared_ptr<const std::uint8_t>
      confidence;  // as labels: round(255 * probability), where it was asked for
  PictureTimes times;
};

// The labels of a batch: count × height × width bytes, one picture after the other.
struct BatchSegmentation {
  std::size_t count = 0;
  Size size;
  std::shared_ptr<const std::uint8_t> labels;           // those of a picture that failed are 0
  std::shared_ptr<const std::uint8_t> confidence;       // where it was asked for
  std::vector<std::pair<std::size_t, Error>> failures;  // index, why
};

// Thread-safety: every method from any thread, also close() while others are under way: they end with an
// error where they still wait. The destructor once, when no call is under way. Not usable in a child after
// fork(): invalid_argument.
class Fleet {
 public:
  using Done = std::function<void(Result<Segmentation>)>;

  // Starts the workers and waits until the first has loaded the model. `stop`: two requests end everything at
  // once, as close(true) does, also while a call waits in open() or close(). Errors: as run(), before its
  // output; interrupted.
  static Result<std::unique_ptr<Fleet>> open(FleetOptions options,
                                             std::shared_ptr<StopRequest> stop = nullptr);
  virtual ~Fleet() = default;

  // Each gives one picture to the fleet and returns; `done` gets its labels or why there are none, once, on
  // the fleet's own thread: it must not block, throw, or call the fleet. The picture's memory is free on
  // return. Waits while the arena is full; where `full` is given, it does not: the status is ok, *full is
  // true and nothing was taken. Errors (`done` is not called): invalid_argument (a picture without pixels,
  // one that never fits, a fleet that is closed), out_of_memory (results hold the whole arena), or why the
  // fleet ended.
  virtual Status submit(const PictureArray& picture, Done done, bool* full = nullptr) = 0;
  // A JPEG, PNG, ... in memory.
  virtual Status submit_encoded(std::span<const std::byte> file, Done done, bool* full = nullptr) = 0;
  // A relative path leads from the working folder of this moment, also where a worker reads it later.
  virtual Status submit_path(const std::filesystem::path& file, Done done) = 0;

  // The same, with a future.
  std::future<Result<Segmentation>> segment(const PictureArray& picture);
  std::future<Result<Segmentation>> segment_path(const std::filesystem::path& file);

  // `count` pictures of one size, `picture_bytes` apart, over all devices by what each can do, merged in
  // place. Blocks. Errors: as submit(); a picture that fails is in `failures`.
  virtual Result<BatchSegmentation> segment_batch(const PictureArray& first, std::size_t count,
                                                  std::ptrdiff_t picture_bytes) = 0;

  virtual Result<Progress> stats() const = 0;
  virtual Result<std::vector<std::string>> notes() const = 0;  // what changes results or speed, each once

  // Waits for what was submitted, then ends the workers. `at_once`: kills them, also while another thread
  // waits here; open pictures get `interrupted`. May be called again. In a child after fork() it does
  // nothing. The destructor closes at once what is open.
  virtual void close(bool at_once = false) = 0;
};

}  // namespace segfleet
