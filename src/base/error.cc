// SPDX-License-Identifier: Apache-2.0
#include "segfleet/error.h"

#include <array>

namespace segfleet {
namespace {

struct NamedCode {
  ErrorCode code;
  std::string_view name;
};

#define SEGFLEET_CODE(code) \
  NamedCode {               \
    ErrorCode::code, #code  \
  }
constexpr std::array kCodes = {
    SEGFLEET_CODE(invalid_argument),  SEGFLEET_CODE(not_found),          SEGFLEET_CODE(permission_denied),
    SEGFLEET_CODE(io_error),          SEGFLEET_CODE(no_space),           SEGFLEET_CODE(model_invalid),
    SEGFLEET_CODE(model_unsupported), SEGFLEET_CODE(input_unreadable),   SEGFLEET_CODE(input_truncated),
    SEGFLEET_CODE(input_corrupt),     SEGFLEET_CODE(input_unsupported),  SEGFLEET_CODE(input_too_large),
    SEGFLEET_CODE(device_unknown),    SEGFLEET_CODE(device_lost),        SEGFLEET_CODE(out_of_memory),
    SEGFLEET_CODE(engine_error),      SEGFLEET_CODE(engine_unavailable), SEGFLEET_CODE(worker_crashed),
    SEGFLEET_CODE(worker_timeout),    SEGFLEET_CODE(protocol_error),     SEGFLEET_CODE(ledger_error),
    SEGFLEET_CODE(output_locked),     SEGFLEET_CODE(output_conflict),    SEGFLEET_CODE(resume_mismatch),
    SEGFLEET_CODE(interrupted),       SEGFLEET_CODE(internal),           SEGFLEET_CODE(too_many_failures),
};
#undef SEGFLEET_CODE

}  // namespace

std::string_view name_of(ErrorCode code) {
  for (const NamedCode& entry : kCodes)
    if (entry.code == code) return entry.name;
  return "unknown";
}

std::optional<ErrorCode> error_code_from_name(std::string_view name) {
  for (const NamedCode& entry : kCodes)
    if (entry.name == name) return entry.code;
  return std::nullopt;
}

}  // namespace segfleet
