// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nanobind/nanobind.h>

namespace segfleet {

void bind_model(nanobind::module_& module);           // ModelPackage, load_model_package()
void bind_engine_options(nanobind::module_& module);  // EngineOptions
void bind_fleet(nanobind::module_& module);           // Fleet, Segmentation
void bind_worker(nanobind::module_& module);          // worker_main()

}  // namespace segfleet
