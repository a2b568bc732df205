// SPDX-License-Identifier: Apache-2.0
// A deploy.yaml or inference.yml from anyone: never a crash, never an exception,
// never an error without words or with two lines.
#include <cstdlib>
#include <string>

#include "model/deploy_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto file = size % 2 == 0 ? segfleet::ConfigFile::deploy_yaml : segfleet::ConfigFile::inference_yml;
  const auto config = segfleet::read_deploy_config(text, file);
  if (!config.ok()) {
    const std::string& message = config.error().message;
    if (message.empty() || message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  for (const auto& transform : config->transforms)
    if (segfleet::describe(transform).empty()) std::abort();
  return 0;
}
