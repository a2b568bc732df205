// SPDX-License-Identifier: Apache-2.0
// What a way of decoding that is not PaddleSeg's did to a run's labels, in words, and as JSON for the ledger,
// summary.json, the event `ended` and the report. Thread-safety: free functions.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "segfleet/run.h"

namespace segfleet {

struct DecodeWay {
  std::string_view fact;      // of the run, in the ledger
  std::string_view pictures;  // DecodeEffect::pictures in JSON
};
inline constexpr DecodeWay kFastDecode{"fast_decode", "reduced"};
inline constexpr DecodeWay kNvjpegDecode{"nvjpeg", "on_card"};

nlohmann::ordered_json as_json(const DecodeWay& way, const DecodeEffect& effect);
nlohmann::ordered_json as_json(const DecodeWay& way, const std::optional<DecodeEffect>& effect);  // or null

// How many of the `done` images were decoded so, and what that did to the labels.
std::string fast_decode_sentence(const DecodeEffect& effect, std::uint64_t done);
std::string nvjpeg_sentence(const DecodeEffect& effect, std::uint64_t done);

// The ledger's text.
std::string as_text(const DecodeWay& way, const DecodeEffect& effect);
// Nothing where the text is empty or another's. Never throws.
std::optional<DecodeEffect> effect_from_text(const DecodeWay& way, const std::string& text);

}  // namespace segfleet
