// SPDX-License-Identifier: Apache-2.0
// An engine that is a Python object (python/segfleet/engine.py), behind the same interface as the native
// ones. The interpreter's lock is held for load() and infer() alone.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "segfleet/engine.h"

namespace segfleet {

// What infer() may return: any array on the CPU; one with gaps is copied by the cast.
using EngineArray = nanobind::ndarray<nanobind::ro, nanobind::c_contig, nanobind::device::cpu>;

// Results that the pipeline has let go of. Dropping a reference needs the interpreter's lock, and the
// pipeline's threads must never wait for it: they leave the reference here, and the next infer() drops it.
// Thread-safety: leave() from any thread; drop_all() with the lock held.
class LeftReferences {
 public:
  void leave(EngineArray array) SEGFLEET_EXCLUDES(mutex_);
  void drop_all() SEGFLEET_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::vector<EngineArray> left_ SEGFLEET_GUARDED_BY(mutex_);
};

class PythonEngine : public Engine {
 public:
  // `engine`: its load() has returned. Requires the interpreter's lock.
  PythonEngine(nanobind::object engine, EngineInfo info);
  ~PythonEngine() override;
  PythonEngine(const PythonEngine&) = delete;
  PythonEngine& operator=(const PythonEngine&) = delete;

  const EngineInfo& info() const override { return info_; }
  // engine.infer(batch, lane): the input is lent as a NumPy array for the length of the call, the array that
  // comes back is used where it lies. A float array is scores, an integer array labels.
  Status infer(int lane, const TensorView& input, Tensor& output) override;
  // engine.input_memory(bytes), where it has one. The source throws where that raises or gives no such
  // memory.
  MemorySource input_memory() override;
  // engine.memory(), where it has one.
  std::optional<DeviceMemory> memory() const override;

 private:
  nanobind::object lend(const TensorView& input) const;
  Status take(nanobind::object result, Tensor& output);
  std::shared_ptr<std::byte> borrow_memory(std::size_t bytes);

  nanobind::object engine_;
  nanobind::object array_class_;  // of NumPy
  nanobind::object float32_;
  EngineInfo info_;
  std::shared_ptr<LeftReferences> left_ = std::make_shared<LeftReferences>();
};

// Makes engines of one Python class. Lives as long as the process.
class PythonEngineFactory : public EngineFactory {
 public:
  explicit PythonEngineFactory(nanobind::object engine_class) : engine_class_(std::move(engine_class)) {}
  std::string version() const override;
  Result<std::vector<EngineDevice>> devices() const override;
  Result<std::unique_ptr<Engine>> load(const ModelPackage& model,
                                       const EngineOptions& options) const override;

 private:
  nanobind::object engine_class_;
};

}  // namespace segfleet
