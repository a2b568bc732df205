// SPDX-License-Identifier: Apache-2.0
// Binds one parameter of a statement after the other; nothing and "" are NULL. What is bound must stay until
// the statement has run. Thread-safety: one thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "fleet/ledger/sqlite.h"

namespace segfleet {

class Binder {
 public:
  explicit Binder(Statement& statement, int first = 0) : statement_(statement), next_(first) {}
  Binder& operator<<(std::int64_t value) {
    statement_.bind(next_++, value);
    return *this;
  }
  Binder& operator<<(double value) {
    statement_.bind_real(next_++, value);
    return *this;
  }
  Binder& operator<<(std::string_view text) {
    text.empty() ? statement_.bind_null(next_) : statement_.bind(next_, text);
    ++next_;
    return *this;
  }
  template <typename T>
  Binder& operator<<(const std::optional<T>& value) {
    if (!value) {
      statement_.bind_null(next_++);
      return *this;
    }
    if constexpr (std::is_floating_point_v<T>)
      return *this << *value;
    else
      return *this << static_cast<std::int64_t>(*value);
  }
  Binder& path(std::string_view bytes) {  // Statement::bind_path(); also "" is text
    statement_.bind_path(next_++, bytes);
    return *this;
  }
  // What there was none of is NULL.
  template <typename T>
  Binder& not_zero(T value) {
    return *this << (value == 0 ? std::optional<std::int64_t>() : static_cast<std::int64_t>(value));
  }

 private:
  Statement& statement_;
  int next_;
};

}  // namespace segfleet
