// SPDX-License-Identifier: Apache-2.0
// What --fast-decode did to a run's labels, in words, and as JSON for the ledger, summary.json, the event
// `ended` and the report. Thread-safety: free functions.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "segfleet/run.h"

namespace segfleet {

// The run's fact of this name in the ledger, as text.
inline constexpr std::string_view kFastDecodeFact = "fast_decode";

nlohmann::ordered_json fast_decode_as_json(const FastDecodeEffect& effect);
nlohmann::ordered_json fast_decode_as_json(const std::optional<FastDecodeEffect>& effect);  // or null
// How many of the `done` images were decoded smaller, and what that did to the labels.
std::string fast_decode_sentence(const FastDecodeEffect& effect, std::uint64_t done);

// The ledger's text.
std::string fast_decode_text(const FastDecodeEffect& effect);
// Nothing where the text is empty or another's. Never throws.
std::optional<FastDecodeEffect> fast_decode_from_text(const std::string& text);

}  // namespace segfleet
