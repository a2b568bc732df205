// SPDX-License-Identifier: Apache-2.0
// An engine whose answer each test writes as a function, and a gate to hold a call as long as the test likes.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "segfleet/engine.h"

namespace segfleet {

// Label 1 in every pixel of every item.
inline Status answer_ones(const TensorView& input, Tensor& output) {
  output.reset(ElementType::u8, {input.shape[0], input.shape[2], input.shape[3]});
  std::memset(output.bytes(), 1, output.size_bytes());
  return {};
}

class Gate {
 public:
  void open() SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void pass() SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    while (!is_open_) changed_.wait(mutex_);
  }
  void wait_for_arrival() SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (waiting_ == 0) changed_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  Condition changed_;
  bool is_open_ SEGFLEET_GUARDED_BY(mutex_) = false;
  int waiting_ SEGFLEET_GUARDED_BY(mutex_) = 0;
};

// Memory of an engine's own: a request that is larger than the room gets nothing.
class LentRoom {
 public:
  MemorySource source() {
    return [this](std::size_t bytes) {
      ++asked_;
      return std::shared_ptr<std::byte>(bytes <= room_.size() ? room_.data() : nullptr, [](std::byte*) {});
    };
  }
  bool holds(const void* data) const { return data == room_.data(); }
  int asked() const { return asked_; }

 private:
  alignas(64) std::array<std::byte, 4096> room_{};
  std::atomic<int> asked_ = 0;
};

class FakeEngine : public Engine {
 public:
  using Answer = std::function<Status(const TensorView& input, Tensor& output)>;
  explicit FakeEngine(Answer answer = answer_ones, int lanes = 1) : answer_(std::move(answer)) {
    info_.name = "fake";
    info_.version = "1.0";
    info_.device_name = "Fake 1";
    info_.lanes = lanes;
    info_.class_count = 2;
  }
  const EngineInfo& info() const override { return info_; }
  Status infer(int /*lane*/, const TensorView& input, Tensor& output) override {
    {
      const MutexLock lock(mutex_);
      shapes_.push_back(input.shape);
    }
    return answer_(input, output);
  }
  MemorySource input_memory() override { return memory_; }
  void lend(MemorySource memory) { memory_ = std::move(memory); }
  std::vector<Shape> shapes() const {  // of all calls so far
    const MutexLock lock(mutex_);
    return shapes_;
  }
  std::int64_t largest_batch() const {
    std::int64_t largest = 0;
    for (const Shape& shape : shapes()) largest = std::max(largest, shape[0]);
    return largest;
  }

 private:
  Answer answer_;
  MemorySource memory_;
  EngineInfo info_;
  mutable Mutex mutex_;
  std::vector<Shape> shapes_ SEGFLEET_GUARDED_BY(mutex_);
};

class FakeFactory : public EngineFactory {
 public:
  explicit FakeFactory(FakeEngine::Answer answer, int lanes = 1)
      : answer_(std::move(answer)), lanes_(lanes) {}
  std::string version() const override { return "1.0"; }
  Result<std::vector<EngineDevice>> devices() const override { return std::vector<EngineDevice>(); }
  Result<std::unique_ptr<Engine>> load(const ModelPackage& /*model*/,
                                       const EngineOptions& options) const override {
    if (options.device == "broken") return Error{ErrorCode::device_unknown, "no device broken"};
    auto engine = std::make_unique<FakeEngine>(answer_, lanes_);
    engine->lend(memory);
    last_options = options;
    last_ = engine.get();
    return std::unique_ptr<Engine>(std::move(engine));
  }
  const FakeEngine& last() const { return *last_; }  // loaded; lives as long as its session's job

  MemorySource memory;                 // of the engines that it loads
  mutable EngineOptions last_options;  // of the last load

 private:
  FakeEngine::Answer answer_;
  int lanes_;
  mutable FakeEngine* last_ = nullptr;
};

}  // namespace segfleet
