// SPDX-License-Identifier: Apache-2.0
// What runs a graph. An engine is a shared object of its own, opened on demand by the worker; the coordinator
// opens none. Exceptions of the library behind it never leave the engine: they come out as Error.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/model.h"
#include "segfleet/tensor.h"

namespace segfleet {

struct TensorInfo {
  std::string name;
  ElementType type = ElementType::f32;
  Shape shape;  // -1 where the graph leaves it open
};

enum class Precision { fp32, bf16 };
std::string_view name_of(Precision precision);

struct EngineOptions {
  std::string device = "cpu";  // "cpu", "gpu:0", "npu:0", "sim:0"
  int threads = 0;             // compute threads for the whole engine; 0: as many as the process may use
  int lanes = 1;               // how many infer() calls may run at once
  int batch = 1;               // largest batch that infer() will be given
  bool every_batch = false;  // batches of each power of two below that will come as well, and should be fast
  std::uint64_t memory_limit_bytes = 0;  // of this engine, for the library's own limit; 0: none
  Precision precision = Precision::fp32;
  bool scores = false;  // give N×C×H×W f32 scores also where the graph ends in an ArgMax: cut before it, and
                        // before a softmax that feeds it. Error where none is found: invalid_argument
  std::filesystem::path cache_folder{};        // for compiled models; empty: no cache
  std::map<std::string, std::string> extra{};  // --engine-option K=V; an unknown key is invalid_argument
  int incarnation = 1;  // counts a place's workers: one that is started again has the next number
  // Scores are wanted for their argmax alone: where that is faster, N×H×W u8 labels may be given in their
  // place, the first of the best classes. Told by the worker, not to it.
  bool labels_suffice = false;
};

struct EngineInfo {
  std::string name;         // "openvino"
  std::string version;      // of the library behind it
  std::string device_name;  // as the library calls the device, e.g. "AMD EPYC ..."
  TensorInfo input;
  TensorInfo output;  // after what the engine folded into the graph
  int lanes = 1;
  int class_count = 0;  // 0 where the graph does not tell
  bool loaded_from_cache = false;
  std::vector<std::string> notes;  // to be told to the user once, e.g. that a second output is not used
};

// Of the device that an engine runs on, as the device or its library tells.
struct DeviceMemory {
  std::uint64_t used_bytes = 0;   // by this engine, with what its library keeps for the next batches
  std::uint64_t free_bytes = 0;   // what it could still get, others' use left out
  std::uint64_t total_bytes = 0;  // of the device
};

// Thread-safety: infer() may run on several threads at once, each with its own lane in [0, info().lanes).
class Engine {
 public:
  virtual ~Engine() = default;
  virtual const EngineInfo& info() const = 0;

  // Runs one batch, blocking. input: N×3×H×W f32. output: reset by the engine to what the graph gives:
  // N×H×W (u8, i32 or i64 labels) for output_op argmax, N×C×H×W f32 otherwise; its memory is reused.
  // Errors: engine_error, out_of_memory. After an error the engine stays usable.
  virtual Status infer(int lane, const TensorView& input, Tensor& output) = 0;

  // Where inputs should lie so that they reach the device fastest: not to be used after the engine's end.
  // Empty: the heap is as good. Thread-safety: the source may be called from any thread, beside infer().
  virtual MemorySource input_memory() { return {}; }

  // Nothing: the engine cannot tell, or its memory is the host's, which the worker reads itself.
  // Thread-safety: beside infer().
  virtual std::optional<DeviceMemory> memory() const { return std::nullopt; }
};

struct EngineDevice {
  std::string name;         // "gpu:0"
  std::string description;  // "Intel Arc A770"
};

// What an engine's shared object offers. Thread-safety: one thread at a time.
// `libsegfleet_engine_NAME.so` exports
//   extern "C" const segfleet::EngineFactory* segfleet_engine_factory_v1();
class EngineFactory {
 public:
  virtual ~EngineFactory() = default;
  virtual std::string version() const = 0;
  // Devices other than the CPU that the library can drive on this machine.
  virtual Result<std::vector<EngineDevice>> devices() const = 0;
  // Loads and compiles. Errors:
  // model_invalid, model_unsupported, device_unknown, out_of_memory, engine_error.
  virtual Result<std::unique_ptr<Engine>> load(const ModelPackage& model,
                                               const EngineOptions& options) const = 0;
};

}  // namespace segfleet
