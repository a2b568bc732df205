// SPDX-License-Identifier: Apache-2.0
// The one error type of segfleet. The same codes are used in C++, on the wire, in the ledger and in messages.
// Thread-safety: values; safe to copy between threads.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace segfleet {

// Numbers and names are stored in ledgers and sent between processes: never renumber, only append.
enum class ErrorCode : std::uint16_t {
  invalid_argument = 1,     // an option or a call that cannot be honoured as written
  not_found = 2,            // a path that does not exist
  permission_denied = 3,    // the operating system refused access
  io_error = 4,             // reading or writing failed for another reason
  no_space = 5,             // disk, quota or inodes are full
  model_invalid = 6,        // the model package is broken or contradicts itself
  model_unsupported = 7,    // the model package is sound but segfleet cannot run it
  input_unreadable = 8,     // an input file could not be read
  input_truncated = 9,      // an input picture ends too early
  input_corrupt = 10,       // an input picture breaks its format's rules
  input_unsupported = 11,   // not a picture format, or a variant that segfleet does not read
  input_too_large = 12,     // over a limit on bytes, pixels or scans
  device_unknown = 13,      // a device that this machine does not have
  device_lost = 14,         // a device whose workers kept dying
  out_of_memory = 15,       // device or host memory ran out
  engine_error = 16,        // the engine failed while running
  engine_unavailable = 17,  // the engine is not installed or cannot be opened
  worker_crashed = 18,      // the worker died while it alone had this item
  worker_timeout = 19,      // the worker gave no outcome within the item's deadline
  protocol_error = 20,      // a peer process sent what it must not send
  ledger_error = 21,        // the ledger cannot be opened, read or written
  output_locked = 22,       // another run owns the output folder
  output_conflict = 23,     // two inputs would share one output name, or a folder has it
  resume_mismatch = 24,     // the output folder was made with another model or other options
  interrupted = 25,         // the user asked to stop
  internal = 26,            // a bug in segfleet
  too_many_failures = 27,   // more items failed than the user allowed
};

// "input_truncated" and so on: the enumerator's own name.
std::string_view name_of(ErrorCode code);
// The code with that name, or nothing.
std::optional<ErrorCode> error_code_from_name(std::string_view name);

// What went wrong. The message names the thing, the cause and the mend, in one line, without the code's name.
struct Error {
  ErrorCode code;
  std::string message;
};

// A value or an Error. value() and error() require that ok() says which one is held.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

// Success, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace segfleet

// Returns the Error of a Status or Result from the enclosing function.
#define SEGFLEET_RETURN_IF_ERROR(expression)                                                          \
  do {                                                                                                \
    if (auto&& segfleet_status = (expression); !segfleet_status.ok()) return segfleet_status.error(); \
  } while (false)
