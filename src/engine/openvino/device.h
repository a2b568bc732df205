// SPDX-License-Identifier: Apache-2.0
// segfleet's words for devices and options, and OpenVINO's. Thread-safety: as ov::Core, safe to share.
#pragma once
#include <openvino/runtime/core.hpp>
#include <string>
#include <vector>

#include "segfleet/engine.h"
#include "segfleet/error.h"

namespace segfleet {

// The process's one ov::Core. Never destroyed: its threads outlive static destructors.
ov::Core& openvino_core();

// "cpu" -> "CPU", "gpu:1" -> "GPU.1". Errors: device_unknown, naming the devices that exist.
Result<std::string> openvino_device(const std::string& device);

// Devices other than the CPU, in segfleet's words.
Result<std::vector<EngineDevice>> openvino_accelerators();

// What compile_model() gets for `device` (OpenVINO's word). Errors: invalid_argument, naming the option or
// key that this device cannot honour.
Result<ov::AnyMap> openvino_properties(const std::string& device, const EngineOptions& options);

}  // namespace segfleet
