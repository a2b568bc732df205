// SPDX-License-Identifier: Apache-2.0
// What `segfleet ctl` asks a live run, and the answer: one line of JSON each, docs/ctl.md.
// Thread-safety: free functions without shared state.
#pragma once
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "segfleet/error.h"

namespace segfleet {

enum class ControlCommand { status, pause, resume, add, remove };

struct ControlRequest {
  ControlCommand command = ControlCommand::status;
  std::string devices;  // of add and remove: as --devices takes them
};

using ControlAnswer = nlohmann::ordered_json;  // an object; "ok" is added by answer_line()

inline constexpr std::size_t kMostRequestBytes = 4096;
inline constexpr int kControlVersion = 1;

std::string_view name_of(ControlCommand command);  // "pause"
std::optional<ControlCommand> control_command_from_name(std::string_view name);
bool takes_devices(ControlCommand command);

std::string request_line(const ControlRequest& request);  // with its newline
// Errors: invalid_argument, which says what a request looks like. Never throws.
Result<ControlRequest> parse_request(std::string_view line);

std::string answer_line(const Result<ControlAnswer>& answer);  // with its newline
// The answer, or the error that it tells. Errors of its own: protocol_error.
Result<ControlAnswer> parse_answer(std::string_view line);

}  // namespace segfleet
