// SPDX-License-Identifier: Apache-2.0
// Python's keyword arguments as ComputeOptions; what a name may be is Fleet's to document
// (python/segfleet/fleet.py). Thread-safety: with the interpreter's lock held.
#pragma once
#include <nanobind/nanobind.h>

#include "segfleet/options.h"

namespace segfleet {

// Takes the keys that it knows out of `words`. Raises InvalidArgument for a value of a wrong type.
void take_compute_options(nanobind::dict words, ComputeOptions& options);

// Raises InvalidArgument naming what is left in `words`.
void refuse_the_rest(const nanobind::dict& words);

// One keyword's value, taken out of `words`; false where it is not there or None.
template <typename T>
bool take_word(nanobind::dict& words, const char* name, T& value);

}  // namespace segfleet
