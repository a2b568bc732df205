// SPDX-License-Identifier: Apache-2.0
// Thread-safety: free function.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace segfleet {

// An answer that has no such text says null: "" would be a text.
inline nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

}  // namespace segfleet
