// SPDX-License-Identifier: Apache-2.0
// OpenVINO's exceptions become Errors here, and nowhere else.
// Thread-safety: free functions without shared state.
#pragma once
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "segfleet/error.h"

namespace segfleet {

// "ACTION: reason" in one line. A message that speaks of failed allocation is out_of_memory,
// whatever `code` says.
Error openvino_error(ErrorCode code, std::string_view action, std::string_view message);

// OpenVINO's messages span lines and begin with source positions: the reasons alone, in one line.
std::string tidy_openvino_message(std::string_view message);

// Calls function() and gives what it gives; an exception becomes an Error with `code`.
template <typename Function>
auto guarded(ErrorCode code, std::string_view action, Function&& function) -> decltype(function()) {
  try {
    return std::forward<Function>(function)();
  } catch (const std::bad_alloc&) {
    return openvino_error(ErrorCode::out_of_memory, action, "host memory ran out");
  } catch (const std::exception& exception) {
    return openvino_error(code, action, exception.what());
  }
}

}  // namespace segfleet
