// SPDX-License-Identifier: Apache-2.0
#include "engine/describe.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

namespace segfleet {
namespace {

using Json = nlohmann::json;

// Paths and device names may hold bytes that are not UTF-8: replaced, never thrown about.
std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json to_object(const TensorInfo& tensor) {
  return {{"name", tensor.name}, {"type", name_of(tensor.type)}, {"shape", tensor.shape}};
}

Shape shape_of(const Json& json) {
  const auto extents = json.get<std::vector<std::int64_t>>();
  return {extents.begin(), extents.end()};
}

TensorInfo tensor_info(const Json& json) {
  static constexpr std::array kTypes = {ElementType::u8, ElementType::i32, ElementType::i64,
                                        ElementType::f32};
  TensorInfo tensor{json.at("name"), ElementType::f32, shape_of(json.at("shape"))};
  const auto type = json.at("type").get<std::string>();
  for (const ElementType known : kTypes) {
    if (name_of(known) != type) continue;
    tensor.type = known;
    return tensor;
  }
  throw std::invalid_argument(fmt::format("unknown element type '{}'", type));
}

Error error_from(const Json& json) {
  const auto code = error_code_from_name(json.at("code").get<std::string>());
  return {code.value_or(ErrorCode::internal), json.at("message")};
}

// Parses and hands the object to read(); an error object becomes its Error.
template <typename T, typename Read>
Result<T> from_json(std::string_view text, Read&& read) {
  try {
    const Json json = Json::parse(text);
    if (json.contains("error")) return error_from(json.at("error"));
    return read(json);
  } catch (const std::exception& exception) {
    return Error{ErrorCode::protocol_error,
                 fmt::format("not a description of an engine: {}", exception.what())};
  }
}

}  // namespace

std::string to_json(const EngineDescription& description) {
  Json devices = Json::array();
  for (const EngineDevice& device : description.devices)
    devices.push_back({{"name", device.name}, {"description", device.description}});
  return to_line({{"version", description.version}, {"devices", devices}});
}

std::string to_json(const EngineInfo& info) {
  return to_line({{"name", info.name},
                  {"version", info.version},
                  {"device_name", info.device_name},
                  {"input", to_object(info.input)},
                  {"output", to_object(info.output)},
                  {"lanes", info.lanes},
                  {"class_count", info.class_count},
                  {"loaded_from_cache", info.loaded_from_cache},
                  {"notes", info.notes}});
}

std::string to_json(const Error& error) {
  return to_line({{"error", {{"code", name_of(error.code)}, {"message", error.message}}}});
}

Result<EngineDescription> engine_description_from_json(std::string_view text) {
  return from_json<EngineDescription>(text, [](const Json& json) {
    EngineDescription description{json.at("version"), {}};
    for (const Json& device : json.at("devices"))
      description.devices.push_back({device.at("name"), device.at("description")});
    return description;
  });
}

Result<EngineInfo> engine_info_from_json(std::string_view text) {
  return from_json<EngineInfo>(text, [](const Json& json) {
    EngineInfo info;
    info.name = json.at("name");
    info.version = json.at("version");
    info.device_name = json.at("device_name");
    info.input = tensor_info(json.at("input"));
    info.output = tensor_info(json.at("output"));
    info.lanes = json.at("lanes");
    info.class_count = json.at("class_count");
    info.loaded_from_cache = json.at("loaded_from_cache");
    info.notes = json.at("notes").get<std::vector<std::string>>();
    return info;
  });
}

Result<EngineDescription> describe_engine(const EngineFactory& factory) {
  auto devices = factory.devices();
  if (!devices.ok()) return devices.error();
  return EngineDescription{factory.version(), std::move(*devices)};
}

}  // namespace segfleet
