// SPDX-License-Identifier: Apache-2.0
// Runs one step of a stage and turns exceptions into an Error: what one item does must not end the worker.
#pragma once
#include <fmt/format.h>

#include <exception>
#include <new>
#include <string_view>

#include "segfleet/error.h"

namespace segfleet {

// `action`: "decode it", for messages. Errors: the step's own; out_of_memory; internal.
template <typename Step>
Status guarded(std::string_view action, const Step& step) {
  try {
    return step();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, fmt::format("not enough memory to {}", action)};
  } catch (const std::exception& error) {
    return Error{ErrorCode::internal, fmt::format("cannot {}: {}", action, error.what())};
  }
}

}  // namespace segfleet
