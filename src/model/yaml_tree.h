// SPDX-License-Identifier: Apache-2.0
// A YAML text as a small tree with line numbers, read with limits: the text may come from anyone.
// Thread-safety: plain data.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "segfleet/error.h"

namespace segfleet {

inline constexpr int kMaxYamlDepth = 32;
inline constexpr std::size_t kMaxYamlNodes = 20'000;
inline constexpr std::size_t kMaxYamlKeyBytes = 100;

struct YamlNode {
  enum class Kind { null, scalar, sequence, mapping };
  using Pointer = std::shared_ptr<const YamlNode>;  // an alias shares the anchor's node: nothing is expanded

  Kind kind = Kind::null;
  int line = 0;                                          // from 1
  std::string scalar;                                    // text of a scalar
  bool quoted = false;                                   // 'text', "text" or !!str: never a number
  std::vector<Pointer> items;                            // of a sequence
  std::vector<std::pair<std::string, Pointer>> entries;  // of a mapping, in the text's order

  const YamlNode* find(std::string_view key) const;  // the entry of a mapping, or nullptr
};

// Errors: model_invalid with the line, where the text is not one YAML document, is deeper or has more nodes
// than the limits allow, has the same key twice, a key that is no word,
// or an alias without its anchor. Tags are ignored.
Result<YamlNode::Pointer> parse_yaml(const std::string& text);

}  // namespace segfleet
