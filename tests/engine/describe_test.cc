// SPDX-License-Identifier: Apache-2.0
#include "engine/describe.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

TEST(Describe, EngineInfoSurvivesTheWayThroughJson) {
  EngineInfo info;
  info.name = "openvino";
  info.version = "2026.4.1";
  info.device_name = "A \"quoted\" CPU";
  info.input = {"x", ElementType::f32, {-1, 3, 512, 1024}};
  info.output = {"labels", ElementType::u8, {-1, 512, 1024}};
  info.lanes = 3;
  info.class_count = 19;
  info.loaded_from_cache = true;
  info.notes = {"output 1 is not used"};
  const std::string json = to_json(info);
  EXPECT_EQ(json.find('\n'), std::string::npos);
  const auto back = engine_info_from_json(json);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->name, info.name);
  EXPECT_EQ(back->version, info.version);
  EXPECT_EQ(back->device_name, info.device_name);
  EXPECT_EQ(back->input.shape, info.input.shape);
  EXPECT_EQ(back->input.name, "x");
  EXPECT_EQ(back->output.type, ElementType::u8);
  EXPECT_EQ(back->lanes, 3);
  EXPECT_EQ(back->class_count, 19);
  EXPECT_TRUE(back->loaded_from_cache);
  EXPECT_EQ(back->notes, info.notes);
}

TEST(Describe, EngineDescriptionSurvivesTheWayThroughJson) {
  const auto back = engine_description_from_json(to_json(EngineDescription{"1.2", {{"gpu:0", "Arc"}}}));
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->version, "1.2");
  ASSERT_EQ(back->devices.size(), 1u);
  EXPECT_EQ(back->devices[0].name, "gpu:0");
  EXPECT_EQ(back->devices[0].description, "Arc");
}

TEST(Describe, AnErrorComesOutAsTheSameError) {
  const std::string json = to_json(Error{ErrorCode::model_invalid, "graph.onnx: broken"});
  const auto info = engine_info_from_json(json);
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(info.error().code, ErrorCode::model_invalid);
  EXPECT_EQ(info.error().message, "graph.onnx: broken");
}

TEST(Describe, TextOfAnotherFormIsAProtocolError) {
  for (const char* text : {"", "{", "[]", "{}", "null", R"({"version": 3, "devices": []})", R"({"error": 3})",
                           R"({"error": {}})"}) {
    const auto description = engine_description_from_json(text);
    ASSERT_FALSE(description.ok()) << text;
    EXPECT_EQ(description.error().code, ErrorCode::protocol_error) << text;
    EXPECT_FALSE(engine_info_from_json(text).ok()) << text;
  }
}

TEST(Describe, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_NO_THROW(to_json(Error{ErrorCode::not_found, "/a/\xff\xfe"}));
}

}  // namespace
}  // namespace segfleet
