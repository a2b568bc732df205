// SPDX-License-Identifier: Apache-2.0
// Options that contradict each other or that no run could honour, found before anything is touched.
#pragma once
#include <string_view>

#include "segfleet/error.h"
#include "segfleet/fleet.h"
#include "segfleet/model.h"
#include "segfleet/options.h"

namespace segfleet {

// With what the layout implies: infer the network's size, predict the overlay.
RunOptions with_layout(RunOptions options);

// Errors: invalid_argument, naming the option and what it may be.
Status check_options(const RunOptions& options);
Status check_options(const FleetOptions& options);

// Options that need the network's scores, where the package says that its graph gives labels, or does not say
// whether its scores are probabilities. Where a graph does not do what its package says, or the engine is not
// one that goes by the graph, the worker tells (Session::load_and_serve()).
// `confidence`: how a confidence map was asked for, empty where it was not. Errors: invalid_argument with the
// mend.
Status check_scores(const ComputeOptions& options, std::string_view confidence, const ModelPackage& model);

// fast_decode where the model's transforms, or nvJPEG, need every picture in full. Errors: invalid_argument.
Status check_fast_decode(const ComputeOptions& options, const ModelPackage& model);

}  // namespace segfleet
