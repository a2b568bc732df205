// SPDX-License-Identifier: Apache-2.0
#include "tune/limit.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

using Stages = std::vector<std::pair<std::string, double>>;

Stages stages(double decode_ms, double infer_ms, double write_ms) {
  return {{"read", 0.1},       {"decode", decode_ms}, {"transform", 1}, {"queue", 500},
          {"infer", infer_ms}, {"restore", 1},        {"encode", 1},    {"write", write_ms}};
}

TEST(Limit, IsTheEngineThatHardlyWaits) {
  const Limit limit = limit_of(0.97, stages(5, 100, 20), true);
  EXPECT_EQ(limit.what, "engine");
  EXPECT_NE(limit.text.find("97 %"), std::string::npos) << limit.text;
}

TEST(Limit, IsDecodingWhereTheEngineWaitsForIt) {
  const Limit limit = limit_of(0.3, stages(40, 4, 2), false);
  EXPECT_EQ(limit.what, "decoding");
  EXPECT_NEAR(limit.share, 40 / 45.1, 1e-9);
  EXPECT_NE(limit.text.find("not the engine"), std::string::npos) << limit.text;
  EXPECT_NE(limit.text.find("89 %"), std::string::npos) << limit.text;
  EXPECT_NE(limit.text.find("30 %"), std::string::npos) << limit.text;
}

TEST(Limit, IsTheDiskWhereWritingTakesMost) {
  EXPECT_EQ(limit_of(0.3, stages(4, 4, 200), false).what, "writing to disk");
}

TEST(Limit, OnSharedCoresABusyEngineMayStillWaitForTheDecoder) {
  EXPECT_EQ(limit_of(0.9, stages(40, 10, 200), true).what, "decoding") << "an fsync uses no core";
  EXPECT_EQ(limit_of(0.9, stages(40, 10, 200), false).what, "engine");
}

TEST(Limit, WithoutStageTimesIsTheEngine) {
  EXPECT_EQ(limit_of(0, {}, true).what, "engine");
}

}  // namespace
}  // namespace segfleet
