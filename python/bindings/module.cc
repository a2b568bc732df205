// SPDX-License-Identifier: Apache-2.0
// segfleet._native: what Python sees of the C++ library. One bind_*() a file.
#include <nanobind/nanobind.h>

#include "bindings.h"

NB_MODULE(_native, module) {
  module.attr("__version__") = SEGFLEET_VERSION;
  segfleet::bind_model(module);
  segfleet::bind_engine_options(module);
  segfleet::bind_fleet(module);
  segfleet::bind_worker(module);
}
