// SPDX-License-Identifier: Apache-2.0
#include "model/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

namespace segfleet {
namespace {

// Leaves yaml-cpp's parser; never leaves this file.
struct Refusal {
  int line;
  std::string why;
};

bool is_word(const std::string& key) {
  return !key.empty() && key.size() <= kMaxYamlKeyBytes &&
         std::none_of(key.begin(), key.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

class TreeBuilder : public YAML::EventHandler {
 public:
  YamlNode::Pointer root;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(YamlNode::Kind::null, mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refusal{mark.line + 1, "an alias stands inside its own anchor"};
    count(mark);
    attach(found->second, mark.line + 1);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = make(YamlNode::Kind::scalar, mark);
    node->scalar = value;
    node->quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(YamlNode::Kind::sequence, mark), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(YamlNode::Kind::mapping, mark), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor;
    std::optional<std::string> key;  // of the entry whose value comes next
  };

  void count(const YAML::Mark& mark) {
    if (++nodes_ > kMaxYamlNodes)
      throw Refusal{mark.line + 1, fmt::format("more than {} values", kMaxYamlNodes)};
  }

  std::shared_ptr<YamlNode> make(YamlNode::Kind kind, const YAML::Mark& mark) {
    count(mark);
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->line = mark.line + 1;
    return node;
  }

  void open(std::shared_ptr<YamlNode> node, YAML::anchor_t anchor) {
    if (open_.size() >= kMaxYamlDepth)
      throw Refusal{node->line, fmt::format("lists within lists more than {} deep", kMaxYamlDepth)};
    if (!open_.empty() && open_.back().node->kind == YamlNode::Kind::mapping && !open_.back().key)
      throw Refusal{node->line, "a key must be a word"};
    open_.push_back({std::move(node), anchor, std::nullopt});
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    add(std::move(closed.node), closed.anchor);
  }

  void add(YamlNode::Pointer node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    const int line = node->line;
    attach(std::move(node), line);
  }

  void attach(YamlNode::Pointer node, int line) {
    if (open_.empty()) {
      root = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == YamlNode::Kind::sequence) {
      parent.node->items.push_back(std::move(node));
    } else if (!parent.key) {
      if (node->kind != YamlNode::Kind::scalar || !is_word(node->scalar))
        throw Refusal{line, "a key must be a word"};
      if (parent.node->find(node->scalar) != nullptr)
        throw Refusal{line, fmt::format("the key '{}' stands here a second time", node->scalar)};
      parent.key = node->scalar;
    } else {
      parent.node->entries.emplace_back(*parent.key, std::move(node));
      parent.key.reset();
    }
  }

  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode::Pointer> anchors_;
  std::size_t nodes_ = 0;
};

Error invalid(int line, std::string_view why) {
  return Error{ErrorCode::model_invalid, fmt::format("line {}: {}", line, why)};
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, node] : entries)
    if (name == key) return node.get();
  return nullptr;
}

Result<YamlNode::Pointer> parse_yaml(const std::string& text) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    TreeBuilder builder;
    if (!parser.HandleNextDocument(builder)) return std::make_shared<const YamlNode>();
    YamlNode::Pointer root = std::move(builder.root);
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) return invalid(1, "more than one YAML document in one file");
    return root == nullptr ? std::make_shared<const YamlNode>() : root;
  } catch (const Refusal& refusal) {
    return invalid(refusal.line, refusal.why);
  } catch (const YAML::Exception& error) {
    return invalid(std::max(error.mark.line, 0) + 1, "not YAML: " + error.msg);
  }
}

}  // namespace segfleet
