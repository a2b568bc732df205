// SPDX-License-Identifier: Apache-2.0
// The words of ComputeOptions that several commands have. Thread-safety: free functions.
#pragma once
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <map>
#include <ranges>
#include <string>
#include <vector>

#include "segfleet/options.h"

namespace segfleet {

inline const std::map<std::string, OutputSize> kSizes{{"original", OutputSize::original},
                                                      {"network", OutputSize::network}};
inline const std::map<std::string, RestoreFrom> kRestores{{"labels", RestoreFrom::labels},
                                                          {"logits", RestoreFrom::logits}};
inline const std::map<std::string, Precision> kPrecisions{{"fp32", Precision::fp32},
                                                          {"bf16", Precision::bf16}};

inline const std::map<std::string, Decoder> kDecoders{{"cpu", Decoder::cpu}, {"nvjpeg", Decoder::nvjpeg}};

// The word of an enumeration, and none of its numbers. `words` must live as long as the parser.
template <typename Value>
CLI::Validator one_of(const std::map<std::string, Value>& words) {
  const auto replace = [&words](std::string& word) -> std::string {
    const auto found = words.find(word);
    if (found == words.end())
      return fmt::format("{} is none of {}", word, fmt::join(std::views::keys(words), ", "));
    word = std::to_string(static_cast<int>(found->second));
    return {};
  };
  return {replace, ""};
}

// --fast-decode and --decode.
void add_decode_words(CLI::App& command, ComputeOptions& compute, const std::string& group);
// --python, --engine-option (into `engine_options`, for take_key_values()) and --cache.
void add_engine_words(CLI::App& command, ComputeOptions& compute, std::vector<std::string>& engine_options,
                      const std::string& group);

}  // namespace segfleet
