// SPDX-License-Identifier: Apache-2.0
#include "engine/openvino/device.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <openvino/runtime/properties.hpp>
#include <utility>

#include "engine/openvino/guard.h"

namespace segfleet {
namespace {

// Set by segfleet itself: key and the option that sets it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kOwnKeys = {{
    {"INFERENCE_NUM_THREADS", "the device's cores, as in --devices cpu:0-3"},
    {"NUM_STREAMS", "lanes"},
    {"INFERENCE_PRECISION_HINT", "--precision"},
    {"CACHE_DIR", "--cache"},
    {"ENABLE_CPU_PINNING", "the device's cores, as in --devices cpu:0-3"},
}};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// "GPU.1" -> "gpu:1", "NPU" -> "npu:0".
std::string our_word(const std::string& device) {
  std::string word = lower(device);
  if (word == "cpu") return word;
  const auto dot = word.find('.');
  if (dot == std::string::npos) return word + ":0";
  word[dot] = ':';
  return word;
}

int allowed_core_count() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return 0;  // 0: OpenVINO decides
  return CPU_COUNT(&cores);
}

bool has_capability(const std::string& device, std::string_view capability) {
  const auto capabilities = openvino_core().get_property(device, ov::device::capabilities);
  return std::ranges::find(capabilities, capability) != capabilities.end();
}

bool can_set(const std::string& device, const std::string& key) {
  const auto supported = openvino_core().get_property(device, ov::supported_properties);
  const auto found = std::ranges::find(supported, key);
  return found != supported.end() && found->is_mutable();
}

Status add_extra(const std::string& device, const EngineOptions& options, ov::AnyMap& properties) {
  for (const auto& [key, value] : options.extra) {
    for (const auto& [own, option] : kOwnKeys)
      if (key == own)
        return Error{ErrorCode::invalid_argument,
                     fmt::format("engine option {} is set by segfleet itself: use {}", key, option)};
    if (!can_set(device, key))
      return Error{
          ErrorCode::invalid_argument,
          fmt::format("engine option {}: OpenVINO's device {} has no such setting; those it has are listed "
                      "in its documentation under \"supported properties\"",
                      key, device)};
    properties[key] = value;
  }
  return {};
}

}  // namespace

ov::Core& openvino_core() {
  static auto* core = new ov::Core;
  return *core;
}

Result<std::string> openvino_device(const std::string& device) {
  return guarded(ErrorCode::engine_error, "OpenVINO cannot list its devices", [&]() -> Result<std::string> {
    std::string known;
    for (const std::string& available : openvino_core().get_available_devices()) {
      const std::string word = our_word(available);
      if (word == device) return available;
      known += (known.empty() ? "" : ", ") + word;
    }
    return Error{ErrorCode::device_unknown,
                 fmt::format("OpenVINO has no device '{}' on this machine; it has: {}", device, known)};
  });
}

Result<std::vector<EngineDevice>> openvino_accelerators() {
  return guarded(ErrorCode::engine_error, "OpenVINO cannot list its devices",
                 []() -> Result<std::vector<EngineDevice>> {
                   std::vector<EngineDevice> devices;
                   for (const std::string& device : openvino_core().get_available_devices())
                     if (device != "CPU")
                       devices.push_back(
                           {our_word(device), openvino_core().get_property(device, ov::device::full_name)});
                   return devices;
                 });
}

Result<ov::AnyMap> openvino_properties(const std::string& device, const EngineOptions& options) {
  return guarded(ErrorCode::engine_error, "OpenVINO cannot tell its properties", [&]() -> Result<ov::AnyMap> {
    ov::AnyMap properties;
    const bool bf16 = options.precision == Precision::bf16;
    if (bf16 && !has_capability(device, ov::device::capability::BF16))
      return Error{ErrorCode::invalid_argument,
                   fmt::format("--precision bf16: {} has no bf16 instructions; use --precision fp32",
                               openvino_core().get_property(device, ov::device::full_name))};
    properties.insert(ov::hint::inference_precision(bf16 ? ov::element::bf16 : ov::element::f32));
    if (can_set(device, ov::num_streams.name()))
      properties.insert(ov::num_streams(ov::streams::Num(options.lanes)));
    if (device == "CPU") {
      const int threads = options.threads > 0 ? options.threads : allowed_core_count();
      if (threads > 0) properties.insert(ov::inference_num_threads(threads));
      // The worker process is bound to its cores from outside;
      // OpenVINO's own pinning would start at core 0 again.
      properties.insert(ov::hint::enable_cpu_pinning(false));
    }
    SEGFLEET_RETURN_IF_ERROR(add_extra(device, options, properties));
    return properties;
  });
}

}  // namespace segfleet
