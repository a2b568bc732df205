// SPDX-License-Identifier: Apache-2.0
#include "worker/load_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/byte_size.h"
#include "worker/finish.h"
#include "worker/guarded.h"

namespace segfleet {
namespace {

bool has_limit(const MemoryPlan& plan) {
  return plan.limit_bytes > 0 || plan.limit_share > 0;
}

// One picture, where every picture has the same size.
std::optional<Shape> one_picture(const EngineInfo& info, const ModelPackage& model) {
  for (const Shape& shape : {info.input.shape, model.input_shape})
    if (shape.size() == 4 && shape[2] > 0 && shape[3] > 0) return Shape{1, 3, shape[2], shape[3]};
  return std::nullopt;
}

bool labels_suffice(const Setup& setup, OutputOp op) {
  const bool at_network_size = setup.argmax_first || setup.output_size == OutputSize::network;
  return at_network_size && !setup.engine_options.scores && !needs_scores(restore_options(setup, op));
}

class Loader {
 public:
  Loader(const EngineFactory& factory, const ModelPackage& model, const Setup& setup)
      : factory_(factory), model_(model), plan_(setup.memory), options_(setup.engine_options) {
    options_.labels_suffice = labels_suffice(setup, model.output_op);
  }

  Result<LoadedEngine> load() {
    options_.every_batch = plan_.grow_batch && options_.batch > 1;
    // A library's own limit is in bytes; of a share only the engine knows what it is a share of.
    const Result<std::uint64_t> limit = worker_limit(plan_, options_.device, 0);
    SEGFLEET_RETURN_IF_ERROR(limit);
    options_.memory_limit_bytes = *limit;
    Result<std::unique_ptr<Engine>> engine = load_what_fits();
    SEGFLEET_RETURN_IF_ERROR(engine);
    const int lanes = (*engine)->info().lanes;
    MemoryWatch watch(plan_, memory_reader(**engine, options_.device), lanes);
    LoadedEngine loaded{std::move(engine).value(), std::move(watch), options_.batch, std::move(notes_)};
    SEGFLEET_RETURN_IF_ERROR(measure(loaded));
    return loaded;
  }

 private:
  Result<std::unique_ptr<Engine>> load_once() const {
    std::unique_ptr<Engine> engine;
    const Status status = guarded("load the model", [&]() -> Status {
      Result<std::unique_ptr<Engine>> loaded = factory_.load(model_, options_);
      SEGFLEET_RETURN_IF_ERROR(loaded);
      engine = std::move(loaded).value();
      return {};
    });
    if (!status.ok()) return status.error();
    return engine;
  }

  Result<std::unique_ptr<Engine>> load_what_fits() {
    while (true) {
      Result<std::unique_ptr<Engine>> engine = load_once();
      if (engine.ok() || options_.batch == 1) return engine;
      const ErrorCode code = engine.error().code;
      // What refuses a batch of several may take one picture: the growing batch has its end there.
      const bool one_by_one =
          plan_.grow_batch && (code == ErrorCode::invalid_argument || code == ErrorCode::model_unsupported);
      if (code != ErrorCode::out_of_memory && !one_by_one) return engine;
      const int before = std::exchange(options_.batch, one_by_one ? 1 : options_.batch / 2);
      options_.every_batch = options_.every_batch && options_.batch > 1;
      notes_.push_back(fmt::format("{}: the model cannot be loaded for batches of {} ({}): trying {}",
                                   options_.device, before, engine.error().message, options_.batch));
    }
  }

  Status measure(LoadedEngine& loaded) const {
    MemoryWatch& watch = loaded.watch;
    if (!watch.loaded()) {
      if (has_limit(plan_) || plan_.grow_batch)
        loaded.notes.push_back(
            fmt::format("{}: the engine cannot tell how much memory is used: {}batches are halved where it "
                        "runs out",
                        options_.device, has_limit(plan_) ? "--memory-limit is left to it, and " : ""));
      return {};
    }
    SEGFLEET_RETURN_IF_ERROR(worker_limit(plan_, options_.device, watch.last()->total_bytes));
    const bool of_its_own = loaded.engine->memory().has_value();
    if (!of_its_own && !has_limit(plan_) && loaded.batch == 1) return {};
    SEGFLEET_RETURN_IF_ERROR(run_one_picture(loaded));
    return fit(loaded);
  }

  Status run_one_picture(LoadedEngine& loaded) const {
    std::optional<Shape> shape = one_picture(loaded.engine->info(), model_);
    if (!shape) return {};  // the first real one will tell
    const Status status = guarded("run a first picture", [&] {
      Tensor input(ElementType::f32, *shape);
      std::memset(input.bytes(), 0, input.size_bytes());
      Tensor output;
      return loaded.engine->infer(0, input.view(), output);
    });
    if (status.ok()) {
      loaded.watch.ran(0, 1);
      return {};
    }
    if (status.error().code != ErrorCode::out_of_memory) return {};  // zeros need not suit every engine
    const DeviceMemory& memory = *loaded.watch.last();
    const std::string limit =
        has_limit(plan_) ? fmt::format(", {} may be used", bytes_text(loaded.watch.budget_bytes())) : "";
    return Error{
        ErrorCode::out_of_memory,
        fmt::format("{} is too small for one picture: with the model loaded {} are used and {} of {} "
                    "are free{} ({})",
                    options_.device, bytes_text(memory.used_bytes), bytes_text(memory.free_bytes),
                    bytes_text(memory.total_bytes), limit, status.error().message)};
  }

  Status fit(LoadedEngine& loaded) const {
    const MemoryWatch& watch = loaded.watch;
    const std::uint64_t needed = std::max(watch.needed_bytes(1), watch.last()->used_bytes);
    const std::uint64_t budget = watch.budget_bytes();
    if (has_limit(plan_) && needed > budget)
      return Error{ErrorCode::out_of_memory,
                   fmt::format("{}: the model with one picture needs {} and {} may be used: raise "
                               "--memory-limit, or leave the device out",
                               options_.device, bytes_text(needed), bytes_text(budget))};
    const int fitting = std::max(1, watch.fitting().value_or(loaded.batch));
    if (fitting < loaded.batch && !plan_.grow_batch)
      loaded.notes.push_back(fmt::format(
          "{}: batch {} would need {} and {} may be used: running with {}", options_.device, loaded.batch,
          bytes_text(watch.needed_bytes(loaded.batch)), bytes_text(budget), fitting));
    return {};
  }

  const EngineFactory& factory_;
  const ModelPackage& model_;
  const MemoryPlan& plan_;
  EngineOptions options_;
  std::vector<std::string> notes_;
};

}  // namespace

Result<LoadedEngine> load_engine(const EngineFactory& factory, const ModelPackage& model,
                                 const Setup& setup) {
  return Loader(factory, model, setup).load();
}

}  // namespace segfleet
