// SPDX-License-Identifier: Apache-2.0
#include "fleet/options_check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>

#include "engine/python_engines.h"

namespace segfleet {
namespace {

Error invalid(std::string message) {
  return {ErrorCode::invalid_argument, std::move(message)};
}

Status check_engine_name(const std::string& name) {
  if (is_python_engine(name)) return {};
  if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
    return invalid(
        fmt::format("--engine \"{}\" is no engine's name: use lower-case letters, such as openvino", name));
  return {};
}

Status check_sticky(const RunOptions& options) {
  if (!options.sticky_resize_by_short || (options.workers_per_device == 1 && options.batch == 1)) return {};
  return invalid(
      fmt::format("--sticky-resize-by-short depends on the order of the pictures: it needs "
                  "--workers-per-device 1 and --batch 1, not {} and {}",
                  options.workers_per_device, options.batch));
}

}  // namespace

Status check_options(const RunOptions& options) {
  if (options.model.empty())
    return invalid("--model is missing: name the folder that PaddleSeg's export wrote");
  if (options.inputs.empty())
    return invalid("--input is missing: name pictures, folders, globs or an @list file");
  if (options.output.empty()) return invalid("--output is missing: name the folder for the masks");
  if (!options.write_mask && !options.write_overlay)
    return invalid("--outputs asks for nothing: name mask, overlay or both");
  if (options.workers_per_device < 1 || options.workers_per_device > 64)
    return invalid(
        fmt::format("--workers-per-device {} is not between 1 and 64", options.workers_per_device));
  if (options.batch < 1 || options.batch > 1024)
    return invalid(fmt::format("--batch {} is not between 1 and 1024", options.batch));
  if (!std::isfinite(options.item_timeout_s) || options.item_timeout_s <= 0 || options.item_timeout_s > 1e6)
    return invalid(fmt::format("--item-timeout {} is not between 0 and 1000000 s", options.item_timeout_s));
  SEGFLEET_RETURN_IF_ERROR(check_engine_name(options.engine));
  return check_sticky(options);
}

}  // namespace segfleet
