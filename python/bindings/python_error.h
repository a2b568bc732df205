// SPDX-License-Identifier: Apache-2.0
// Python's exceptions and segfleet's Error, both ways. Thread-safety: with the interpreter's lock held.
#pragma once
#include <nanobind/nanobind.h>

#include <string_view>

#include "segfleet/error.h"

namespace segfleet {

// A segfleet.Error keeps its code and message. MemoryError is out_of_memory; every other exception is
// engine_error with its type, text and the line that raised it. `action`: "load the model", for the message.
Error error_of(nanobind::python_error& raised, std::string_view action);

// segfleet.Error subclasses (python/segfleet/errors.py) for what C++ gives back.
[[noreturn]] void raise(const Error& error);

}  // namespace segfleet
