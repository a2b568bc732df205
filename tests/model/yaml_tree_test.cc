// SPDX-License-Identifier: Apache-2.0
#include "model/yaml_tree.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

std::string refusal(const std::string& text) {
  const auto tree = parse_yaml(text);
  if (tree.ok()) return "accepted";
  EXPECT_EQ(tree.error().code, ErrorCode::model_invalid);
  return tree.error().message;
}

testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << text << "' lacks '" << part << "'";
}

TEST(YamlTree, KeepsLinesQuotesAndNulls) {
  const auto tree = parse_yaml("a: 1\nb: '2'\nc: [x, null]\nd:\n");
  ASSERT_TRUE(tree.ok()) << tree.error().message;
  const YamlNode& root = **tree;
  EXPECT_EQ(root.find("a")->scalar, "1");
  EXPECT_FALSE(root.find("a")->quoted);
  EXPECT_TRUE(root.find("b")->quoted);
  EXPECT_EQ(root.find("b")->line, 2);
  ASSERT_EQ(root.find("c")->items.size(), 2u);
  EXPECT_EQ(root.find("c")->items[1]->kind, YamlNode::Kind::null);
  EXPECT_EQ(root.find("d")->kind, YamlNode::Kind::null);
  EXPECT_EQ(root.find("e"), nullptr);
}

TEST(YamlTree, SharesAnAnchorsNodeAndIgnoresTags) {
  const auto tree = parse_yaml("a: &id001 !!python/tuple [0.5, 0.5]\nb: *id001\n");
  ASSERT_TRUE(tree.ok()) << tree.error().message;
  EXPECT_EQ((*tree)->find("a"), (*tree)->find("b"));
  EXPECT_EQ((*tree)->find("b")->items.size(), 2u);
}

TEST(YamlTree, RefusesWhatIsNotYaml) {
  EXPECT_TRUE(contains(refusal("a: [1, 2\nb: 3\n"), "not YAML"));
  EXPECT_TRUE(contains(refusal("x: 1\n\ty: : :"), "line 2"));
}

TEST(YamlTree, RefusesAHundredThousandBracketsWithoutOverflow) {
  EXPECT_NE(refusal(std::string(100'000, '[')), "accepted");
  EXPECT_TRUE(contains(refusal(std::string(100, '[') + std::string(100, ']')), "more than 32 deep"));
  std::string blocks;
  for (int i = 0; i < 1000; ++i) blocks += "- ";
  EXPECT_TRUE(contains(refusal(blocks), "more than 32 deep"));
}

TEST(YamlTree, RefusesTooManyValues) {
  std::string text = "[";
  for (int i = 0; i < 30'000; ++i) text += "1,";
  EXPECT_TRUE(contains(refusal(text + "1]"), "more than 20000 values"));
}

TEST(YamlTree, ExpandsNoAliasBomb) {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + before + ", *a" + before + "]\n";
  }
  EXPECT_TRUE(parse_yaml(text).ok());
}

TEST(YamlTree, RefusesAnAliasInsideItsAnchor) {
  EXPECT_TRUE(contains(refusal("a: &a [*a]"), "inside its own anchor"));
}

TEST(YamlTree, RefusesAnUnknownAlias) {
  EXPECT_TRUE(contains(refusal("a: *nowhere"), "not YAML"));
}

TEST(YamlTree, RefusesAKeyThatStandsTwice) {
  EXPECT_TRUE(contains(refusal("a: 1\nb: 2\na: 3\n"), "line 3: the key 'a'"));
}

TEST(YamlTree, RefusesKeysThatAreNoWords) {
  EXPECT_TRUE(contains(refusal("? [a]\n: 1\n"), "a key must be a word"));
  EXPECT_TRUE(contains(refusal("\"a\\x1b[0m\": 1\n"), "a key must be a word"));
  EXPECT_TRUE(contains(refusal("~: 1\n"), "a key must be a word"));
}

TEST(YamlTree, RefusesASecondDocument) {
  EXPECT_TRUE(contains(refusal("a: 1\n---\nb: 2\n"), "more than one"));
}

}  // namespace
}  // namespace segfleet
