// SPDX-License-Identifier: Apache-2.0
#include "fleet/ledger/decode_effect.h"

#include <fmt/format.h>

#include <algorithm>

namespace segfleet {

using Json = nlohmann::ordered_json;

namespace {

std::string percent(double share) {
  return share > 0 && share < 1e-5 ? "less than 0.001 %" : fmt::format("{:.3g} %", share * 100);
}

// Of compared pictures.
std::string labels_text(const DecodeEffect& effect) {
  return fmt::format("{} of the pixels have another label; in {}, where they are most, {}.",
                     percent(effect.differing_share), effect.worst_input, percent(effect.worst_share));
}

}  // namespace

Json as_json(const DecodeWay& way, const DecodeEffect& effect) {
  return {{std::string(way.pictures), effect.pictures},
          {"compared", effect.compared},
          {"differing_share", effect.compared > 0 ? Json(effect.differing_share) : Json()},
          {"worst_share", effect.compared > 0 ? Json(effect.worst_share) : Json()},
          {"worst_input", effect.compared > 0 ? Json(effect.worst_input) : Json()}};
}

Json as_json(const DecodeWay& way, const std::optional<DecodeEffect>& effect) {
  return effect ? as_json(way, *effect) : Json();
}

std::string fast_decode_sentence(const DecodeEffect& effect, std::uint64_t done) {
  const std::string reduced =
      fmt::format("Fast decode: {} of {} images were decoded at a reduced scale", effect.pictures, done);
  if (effect.pictures == 0) return reduced + ".";
  if (effect.compared == 0) return reduced + "; no labels were compared with those of full decode.";
  return fmt::format("{}; of {} of them, also decoded in full, {}", reduced, effect.compared,
                     labels_text(effect));
}

std::string nvjpeg_sentence(const DecodeEffect& effect, std::uint64_t done) {
  const std::string decoded = fmt::format("nvJPEG: {} of {} images were decoded on the card, {} by the CPU",
                                          effect.pictures, done, done - std::min(done, effect.pictures));
  if (effect.pictures == 0) return decoded + ".";
  if (effect.compared == 0) return decoded + "; no labels were compared with those of the CPU's decoding.";
  return fmt::format("{}; of {} of the former, also decoded by the CPU, {}", decoded, effect.compared,
                     labels_text(effect));
}

std::string as_text(const DecodeWay& way, const DecodeEffect& effect) {
  return as_json(way, effect).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<DecodeEffect> effect_from_text(const DecodeWay& way, const std::string& text) {
  try {
    const Json json = Json::parse(text);
    DecodeEffect effect;
    json.at(std::string(way.pictures)).get_to(effect.pictures);
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
