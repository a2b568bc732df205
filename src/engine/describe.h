// SPDX-License-Identifier: Apache-2.0
// What `segfleet-worker --describe-engine` and `--describe-model` print: one JSON object in one line.
// Programs that must not open an engine themselves ask a child process for it. Thread-safety: free functions
// without shared state.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "segfleet/engine.h"
#include "segfleet/error.h"

namespace segfleet {

struct EngineDescription {
  std::string version;                // of the library behind the engine
  std::vector<EngineDevice> devices;  // other than the CPU
};

// {"version": "...", "devices": [{"name": "gpu:0", "description": "..."}]}
std::string to_json(const EngineDescription& description);
// {"name", "version", "device_name", "input", "output", "lanes", "class_count", "loaded_from_cache",
// "notes"}; input and output: {"name", "type", "shape": [-1, 3, 512, 1024]}
std::string to_json(const EngineInfo& info);
// {"error": {"code": "model_invalid", "message": "..."}}: printed instead where it failed
std::string to_json(const Error& error);

// The other way. An error object gives that Error; text of any other form gives protocol_error.
Result<EngineDescription> engine_description_from_json(std::string_view text);
Result<EngineInfo> engine_info_from_json(std::string_view text);

// Asks the factory. Errors: those of EngineFactory::devices().
Result<EngineDescription> describe_engine(const EngineFactory& factory);

}  // namespace segfleet
