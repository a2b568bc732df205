// SPDX-License-Identifier: Apache-2.0
#include "fleet/ledger/fast_decode_effect.h"

#include <fmt/format.h>

namespace segfleet {

using Json = nlohmann::ordered_json;

namespace {

std::string percent(double share) {
  return share > 0 && share < 1e-5 ? "less than 0.001 %" : fmt::format("{:.3g} %", share * 100);
}

}  // namespace

Json fast_decode_as_json(const FastDecodeEffect& effect) {
  return {{"reduced", effect.reduced},
          {"compared", effect.compared},
          {"differing_share", effect.compared > 0 ? Json(effect.differing_share) : Json()},
          {"worst_share", effect.compared > 0 ? Json(effect.worst_share) : Json()},
          {"worst_input", effect.compared > 0 ? Json(effect.worst_input) : Json()}};
}

Json fast_decode_as_json(const std::optional<FastDecodeEffect>& effect) {
  return effect ? fast_decode_as_json(*effect) : Json();
}

std::string fast_decode_sentence(const FastDecodeEffect& effect, std::uint64_t done) {
  const std::string reduced =
      fmt::format("Fast decode: {} of {} images were decoded at a reduced scale", effect.reduced, done);
  if (effect.reduced == 0) return reduced + ".";
  if (effect.compared == 0) return reduced + "; no labels were compared with those of full decode.";
  return fmt::format(
      "{}; of {} of them, also decoded in full, {} of the pixels have another label; in {}, where "
      "they are most, {}.",
      reduced, effect.compared, percent(effect.differing_share), effect.worst_input,
      percent(effect.worst_share));
}

std::string fast_decode_text(const FastDecodeEffect& effect) {
  return fast_decode_as_json(effect).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<FastDecodeEffect> fast_decode_from_text(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    FastDecodeEffect effect;
    json.at("reduced").get_to(effect.reduced);
    json.at("compared").get_to(effect.compared);
    if (effect.compared == 0) return effect;
    json.at("differing_share").get_to(effect.differing_share);
    json.at("worst_share").get_to(effect.worst_share);
    json.at("worst_input").get_to(effect.worst_input);
    return effect;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace segfleet
