// SPDX-License-Identifier: Apache-2.0
#include "fleet/control/control_request.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace segfleet {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kCommands{std::pair{ControlCommand::status, std::string_view("status")},
                               std::pair{ControlCommand::pause, std::string_view("pause")},
                               std::pair{ControlCommand::resume, std::string_view("resume")},
                               std::pair{ControlCommand::add, std::string_view("add")},
                               std::pair{ControlCommand::remove, std::string_view("remove")}};

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Nesting costs memory and stack while it is parsed: a request or an answer has little.
Json parse_flat(std::string_view line, int most_depth) {
  bool too_deep = false;
  const auto stop_deep = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > most_depth;
    return !too_deep;
  };
  Json json = Json::parse(line, stop_deep, false);
  return too_deep ? Json(Json::value_t::discarded) : json;
}

std::string text_in(const Json& json, const char* field) {
  const auto found = json.find(field);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

Error bad_request(std::string_view what) {
  return {
      ErrorCode::invalid_argument,
      fmt::format(
          "the request {}; one looks like this: {{\"version\":1,\"command\":\"add\",\"devices\":\"gpu:2\"}}",
          what)};
}

}  // namespace

std::string_view name_of(ControlCommand command) {
  return kCommands[static_cast<std::size_t>(command)].second;
}

std::optional<ControlCommand> control_command_from_name(std::string_view name) {
  for (const auto& [command, word] : kCommands)
    if (word == name) return command;
  return std::nullopt;
}

bool takes_devices(ControlCommand command) {
  return command == ControlCommand::add || command == ControlCommand::remove;
}

std::string request_line(const ControlRequest& request) {
  Json json = {{"version", kControlVersion}, {"command", name_of(request.command)}};
  if (takes_devices(request.command)) json["devices"] = request.devices;
  return line_of(json);
}

Result<ControlRequest> parse_request(std::string_view line) {
  const Json json = parse_flat(line, 2);
  if (!json.is_object()) return bad_request("is no JSON object");
  const auto version = json.find("version");
  if (version == json.end() || *version != kControlVersion)
    return bad_request(fmt::format("is not of version {}", kControlVersion));
  const std::optional<ControlCommand> command = control_command_from_name(text_in(json, "command"));
  if (!command) return bad_request("has no command that is known (status, pause, resume, add, remove)");
  ControlRequest request{*command, text_in(json, "devices")};
  if (takes_devices(*command) && request.devices.empty()) return bad_request("names no devices");
  return request;
}

std::string answer_line(const Result<ControlAnswer>& answer) {
  Json json = {{"ok", answer.ok()}};
  if (answer.ok())
    json.update(*answer);
  else
    json["error"] = {{"code", name_of(answer.error().code)}, {"message", answer.error().message}};
  return line_of(json);
}

Result<ControlAnswer> parse_answer(std::string_view line) {
  Json json = parse_flat(line, 8);
  const auto ok = json.is_object() ? json.find("ok") : json.end();
  if (!json.is_object() || ok == json.end() || !ok->is_boolean())
    return Error{ErrorCode::protocol_error,
                 "the run's answer is none: is this segfleet of the same release as the run?"};
  if (ok->get<bool>()) return json;
  const auto error = json.find("error");
  if (error == json.end() || !error->is_object())
    return Error{ErrorCode::protocol_error, "the run refused and did not say why"};
  const std::optional<ErrorCode> code = error_code_from_name(text_in(*error, "code"));
  return Error{code.value_or(ErrorCode::internal), text_in(*error, "message")};
}

}  // namespace segfleet
