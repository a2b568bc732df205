// SPDX-License-Identifier: Apache-2.0
// A fleet's results as Python sees them. Thread-safety: with the interpreter's lock held.
#pragma once
#include <nanobind/nanobind.h>

#include "segfleet/fleet.h"

namespace segfleet {

void bind_segmentation(nanobind::module_& module);

// A read-only NumPy array over memory that `owner` keeps alive; None where there is none.
nanobind::object shared_array(const std::shared_ptr<const std::uint8_t>& owner,
                              std::initializer_list<std::size_t> shape);

}  // namespace segfleet
