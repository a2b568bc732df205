// SPDX-License-Identifier: Apache-2.0
// A loaded engine whose use of memory is known as far as it can be, before the worker says that it is ready.
// Thread-safety: a free function.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "segfleet/engine.h"
#include "segfleet/model.h"
#include "transport/messages.h"
#include "worker/memory_watch.h"

namespace segfleet {

struct LoadedEngine {
  std::unique_ptr<Engine> engine;
  MemoryWatch watch;
  int batch = 1;                   // items per call at most
  std::vector<std::string> notes;  // for the user
};

// Loads, and halves a batch that the load itself has no room for. Then, where memory can be measured and it
// matters (a device with its own memory, a limit, batches of several), runs one picture of zeros of the
// network's size, if that is one, and compares with what may be used. Errors: those of the factory;
// invalid_argument for a limit that the device cannot have; out_of_memory, with numbers, where the device is
// too small for the model and one picture.
Result<LoadedEngine> load_engine(const EngineFactory& factory, const ModelPackage& model, const Setup& setup);

}  // namespace segfleet
