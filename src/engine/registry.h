// SPDX-License-Identifier: Apache-2.0
// Opens an engine's shared object by name. Never closed again: libraries with threads do not survive dlclose.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "segfleet/engine.h"
#include "segfleet/error.h"

namespace segfleet {

// Looks for libsegfleet_engine_NAME.so beside the running program, then in ../lib/segfleet.
// Errors: engine_unavailable, naming where it looked, the loader's reason and the engines that are there.
Result<const EngineFactory*> open_engine_factory(const std::string& name);
// Whether open_engine_factory() would find a file where `program` runs; opens nothing, and the file may still
// turn out to be no engine. Errors: engine_unavailable, as above.
Status find_engine(const std::string& name, const std::filesystem::path& program);
std::vector<std::string> installed_engines();  // names, sorted; opens nothing

}  // namespace segfleet
