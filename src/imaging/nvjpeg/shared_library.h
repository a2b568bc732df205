// SPDX-License-Identifier: Apache-2.0
// Functions of a shared object that may not be there. Thread-safety: free functions.
#pragma once
#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>

#include "segfleet/error.h"

namespace segfleet {

// Never closed: NVIDIA's libraries keep threads. Errors: engine_unavailable, in the loader's words.
inline Result<void*> open_library(const std::filesystem::path& path) {
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr) return library;
  const char* why = ::dlerror();
  return Error{ErrorCode::engine_unavailable,
               fmt::format("{} cannot be opened ({})", path.native(), why == nullptr ? "no reason" : why)};
}

// Errors: engine_unavailable, naming what is missing.
template <typename Function>
Status find_function(void* library, const std::filesystem::path& path, const char* name,
                     Function*& function) {
  function = reinterpret_cast<Function*>(::dlsym(library, name));
  if (function != nullptr) return {};
  return Error{ErrorCode::engine_unavailable, fmt::format("{} lacks {}()", path.native(), name)};
}

}  // namespace segfleet
