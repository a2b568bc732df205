// SPDX-License-Identifier: Apache-2.0
#include "engine/choose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace segfleet {
namespace {

constexpr std::array<std::string_view, 6> kAccelerators{"gpu", "xpu", "npu", "mlu", "dcu", "gcu"};

enum class Reads { directly, converted, never };

Reads how_it_reads(std::string_view engine, const EngineQuestion& question) {
  const bool paddle_graph = question.format == GraphFormat::paddle;
  if (engine == "paddle") return paddle_graph ? Reads::directly : Reads::never;
  if (engine == "openvino") return question.pir ? Reads::converted : Reads::directly;
  if (question.format == GraphFormat::openvino) return Reads::never;
  return paddle_graph ? Reads::converted : Reads::directly;
}

std::string graph_words(const EngineQuestion& question) {
  switch (question.format) {
    case GraphFormat::onnx:
      return "an ONNX graph";
    case GraphFormat::openvino:
      return "an OpenVINO graph";
    case GraphFormat::paddle:
      break;
  }
  return question.pir ? "a Paddle 3 (PIR) graph" : "a Paddle graph (.pdmodel)";
}

std::string_view spoken(std::string_view engine) {
  if (engine == "openvino") return "OpenVINO";
  return engine == "paddle" ? "Paddle Inference" : "ONNX Runtime";
}

// First choice first.
std::array<std::string_view, 3> preference(std::string_view kind) {
  if (kind == "cpu") return {"openvino", "paddle", "onnxruntime"};
  if (kind == "gpu") return {"paddle", "onnxruntime", "openvino"};
  return {"paddle", "openvino", "onnxruntime"};
}

bool offered(const EngineQuestion& question, std::string_view engine, const std::vector<std::string>& kinds) {
  return std::ranges::any_of(question.offers, [&](const EngineOffer& offer) {
    return offer.engine == engine && std::ranges::all_of(kinds, [&](const std::string& kind) {
             return std::ranges::find(offer.kinds, kind) != offer.kinds.end();
           });
  });
}

// The kind that decides: an accelerator before the CPU.
std::string leading_kind(const std::vector<std::string>& kinds) {
  for (const std::string& kind : kinds)
    if (kind != "cpu") return kind;
  return "cpu";
}

std::optional<EngineChoice> choose(const EngineQuestion& question, const std::vector<std::string>& kinds) {
  std::string passed_over;
  for (const std::string_view engine : preference(leading_kind(kinds))) {
    if (!offered(question, engine, kinds)) continue;
    const Reads reads = how_it_reads(engine, question);
    if (reads == Reads::never) continue;
    if (reads == Reads::converted && !question.no_converter.empty()) {
      passed_over = fmt::format("; {} would need it converted: {}", spoken(engine), question.no_converter);
      continue;
    }
    const bool convert = reads == Reads::converted;
    return EngineChoice{
        std::string(engine), convert,
        fmt::format("{} runs {} on {}{}{}", spoken(engine), graph_words(question), fmt::join(kinds, " and "),
                    convert ? ", converted to ONNX" : "", passed_over)};
  }
  return std::nullopt;
}

// What to install for that kind of device; empty where nothing would help.
std::string pip_line(const EngineQuestion& question, std::string_view kind) {
  const bool paddle_graph = question.format == GraphFormat::paddle;
  if (kind == "cpu") return question.pir ? "openvino paddlepaddle paddle2onnx" : "openvino";
  if (kind == "gpu" && paddle_graph) return "paddlepaddle-gpu";
  if (kind == "gpu") return question.format == GraphFormat::onnx ? "onnxruntime-gpu" : "openvino";
  if (!paddle_graph) return kind == "npu" ? "openvino" : "";
  if (kind == "xpu" || kind == "dcu") return fmt::format("paddlepaddle-{}", kind);
  if (std::ranges::find(kAccelerators, kind) == kAccelerators.end()) return "";
  return fmt::format("paddlepaddle paddle-custom-{}", kind);
}

std::string here(const EngineQuestion& question) {
  if (question.offers.empty()) return "no engine is installed";
  std::string text;
  for (const EngineOffer& offer : question.offers)
    text += fmt::format("{}{} for {}", text.empty() ? "" : ", ", spoken(offer.engine),
                        fmt::join(offer.kinds, " and "));
  return text + " is here";
}

Error nothing_fits(const EngineQuestion& question, const std::vector<std::string>& kinds) {
  // An engine that is here and lacks the converter alone needs the least.
  for (const std::string_view engine : preference(leading_kind(kinds)))
    if (!question.no_converter.empty() && offered(question, engine, kinds) &&
        how_it_reads(engine, question) == Reads::converted)
      return Error{ErrorCode::engine_unavailable,
                   fmt::format("{} can run {} on {} only after a conversion to ONNX: {}", spoken(engine),
                               graph_words(question), fmt::join(kinds, " and "), question.no_converter)};
  const std::string packages = pip_line(question, leading_kind(kinds));
  if (packages.empty())
    return Error{ErrorCode::model_unsupported,
                 fmt::format("no engine runs {} on {}; give the model as Paddle saved it, or other --devices",
                             graph_words(question), fmt::join(kinds, " and "))};
  return Error{ErrorCode::engine_unavailable,
               fmt::format("no installed engine runs {} on {} ({}): {}pip install {}", graph_words(question),
                           fmt::join(kinds, " and "), here(question),
                           question.no_python.empty() ? "" : question.no_python + "; then ", packages)};
}

}  // namespace

Result<EngineChoice> choose_engine(const EngineQuestion& question) {
  if (!question.kinds.empty()) {
    if (auto choice = choose(question, question.kinds)) return *std::move(choice);
    return nothing_fits(question, question.kinds);
  }
  for (const std::string_view kind : kAccelerators)
    if (auto choice = choose(question, {std::string(kind)})) return *std::move(choice);
  if (auto choice = choose(question, {"cpu"})) return *std::move(choice);
  return nothing_fits(question, {"cpu"});
}

}  // namespace segfleet
