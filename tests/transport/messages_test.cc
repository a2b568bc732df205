// SPDX-License-Identifier: Apache-2.0
#include "transport/messages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "sample_messages.h"

namespace segfleet {
namespace {

using Json = nlohmann::json;

std::vector<std::byte> pack(const Json& value) {
  const auto packed = Json::to_msgpack(value);
  const auto bytes = std::as_bytes(std::span(packed));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

std::string golden_hex(const std::string& name) {
  std::ifstream file(std::string(SEGFLEET_GOLDEN_FOLDER) + "/" + name + ".hex");
  std::string text;
  for (std::string line; std::getline(file, line);) text += line;
  return text;
}

// A sound message as JSON, to be broken in one place.
Json json_of(const Message& message) {
  const auto bytes = encode(message);
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return Json::from_msgpack(first, first + bytes.size());
}

void expect_protocol_error(const std::vector<std::byte>& bytes, const std::string& part) {
  const Result<Message> message = decode(bytes);
  ASSERT_FALSE(message.ok()) << part;
  EXPECT_EQ(message.error().code, ErrorCode::protocol_error);
  EXPECT_NE(message.error().message.find(part), std::string::npos) << message.error().message;
}

TEST(Messages, BytesAreTheGoldenOnes) {
  for (const auto& [name, message] : sample_messages())
    EXPECT_EQ(to_hex(encode(message)), golden_hex(name)) << name;
}

TEST(Messages, DecodingGivesBackEveryField) {
  for (const auto& [name, message] : sample_messages()) {
    const std::vector<std::byte> bytes = encode(message);
    const Result<Message> decoded = decode(bytes);
    ASSERT_TRUE(decoded.ok()) << name << ": " << decoded.error().message;
    EXPECT_EQ(decoded->index(), message.index()) << name;
    EXPECT_EQ(to_hex(encode(*decoded)), to_hex(bytes)) << name;
  }
}

TEST(Messages, NothingIsLeftOfTheMessageThatIsDecodedInto) {
  segfleet::Setup with_options;  // the test has a Setup of its own
  with_options.engine_options.extra = {{"one", "1"}, {"two", "2"}};
  LeasedItem large{1, 2, std::string(200, 'i'), std::string(200, 's')};
  large.picture = ArenaPicture{1, 2, {3, 4}, 5, 6, 7};
  large.compare = true;
  Outcome full;
  full.mask_hash = std::string(32, 'a');
  full.class_pixels = {{1, 2}, {3, 4}};
  full.decoded_otherwise = DecodedOtherwise{5, 6};
  Outcome empty;
  empty.done = true;
  const std::vector<std::pair<Message, Message>> pairs{
      {Lease{{large, large, large}}, Lease{{{1, 1, "i", "s"}}}},
      {with_options, segfleet::Setup{}},
      {Outcomes{{full, full}}, Outcomes{{empty}}},
  };
  for (const auto& [before, after] : pairs) {
    Message message = before;
    ASSERT_TRUE(decode(encode(after), message).ok());
    EXPECT_EQ(to_hex(encode(message)), to_hex(encode(after)));
    ASSERT_TRUE(decode(encode(Drain{}), message).ok());
    EXPECT_TRUE(std::holds_alternative<Drain>(message));
  }
}

// By name, as other writers may sort them, and with doubles as floats where that loses nothing.
TEST(Messages, FieldsMayComeInAnyOrder) {
  for (const auto& [name, message] : sample_messages()) {
    const Result<Message> decoded = decode(pack(json_of(message)));
    ASSERT_TRUE(decoded.ok()) << name << ": " << decoded.error().message;
    EXPECT_EQ(to_hex(encode(*decoded)), golden_hex(name)) << name;
  }
}

TEST(Messages, EveryFormOfANumberIsRead) {
  const auto stats_with = [](std::string_view number) {
    std::vector<std::byte> bytes = encode(Stats{});
    const std::vector<std::byte> key = bytes_of("\xa7wall_us");
    const auto found = std::search(bytes.begin(), bytes.end(), key.begin(), key.end());
    const auto place = bytes.erase(found + std::ssize(key));
    const std::vector<std::byte> form = bytes_of(number);
    bytes.insert(place, form.begin(), form.end());
    return decode(bytes);
  };
  using namespace std::string_view_literals;
  for (const std::string_view form :
       {"\x05"sv, "\xcc\x05"sv, "\xcd\0\x05"sv, "\xce\0\0\0\x05"sv, "\xcf\0\0\0\0\0\0\0\x05"sv, "\xd0\x05"sv,
        "\xd1\0\x05"sv, "\xd2\0\0\0\x05"sv, "\xd3\0\0\0\0\0\0\0\x05"sv}) {
    const Result<Message> stats = stats_with(form);
    ASSERT_TRUE(stats.ok()) << stats.error().message;
    EXPECT_EQ(std::get<Stats>(*stats).wall_us, 5);
  }
  for (const std::string_view form : {"\xff"sv, "\xd0\xff"sv, "\xd1\xff\xff"sv, "\xd2\xff\xff\xff\xff"sv,
                                      "\xd3\xff\xff\xff\xff\xff\xff\xff\xff"sv})
    EXPECT_EQ(stats_with(form).error().message,
              "message field stats.wall_us is -1, outside 0 to 9223372036854775807");
}

TEST(Messages, UnknownFieldsOfEveryTypeAreIgnored) {
  using namespace std::string_view_literals;
  for (const std::string_view value :
       {"\xc0"sv, "\xc2"sv, "\xca\0\0\0\0"sv, "\xc4\x01x"sv, "\xc5\0\x01x"sv, "\xc6\0\0\0\x01x"sv,
        "\xc7\x01\x05x"sv, "\xc8\0\x01\x05x"sv, "\xc9\0\0\0\x01\x05x"sv, "\xd4\x05x"sv, "\xd5\x05xy"sv,
        "\xd6\x05wxyz"sv, "\xd7\x05stuvwxyz"sv, "\xd8\x05stuvwxyzstuvwxyz"sv, "\xda\0\x01x"sv,
        "\xdb\0\0\0\x01x"sv, "\xdd\0\0\0\x01\xc0"sv, "\xdf\0\0\0\x01\xa1k\xc0"sv}) {
    std::vector<std::byte> bytes = bytes_of("\x82\xa3new"sv);
    for (const std::string_view part : {value,
                                        "\xa4type\xa5"
                                        "drain"sv}) {
      const std::vector<std::byte> more = bytes_of(part);
      bytes.insert(bytes.end(), more.begin(), more.end());
    }
    EXPECT_TRUE(decode(bytes).ok()) << to_hex(bytes) << decode(bytes).error().message;
  }
}

TEST(Messages, AKeyThatIsNoTextIsRefused) {
  expect_protocol_error(bytes_of("\x81\x05\x05"), "at byte 2: a map's key is no text");
  expect_protocol_error(bytes_of("\x81\x90\x05"), "at byte 2: a map's key is no text");
}

TEST(Messages, PathsThatAreNotUtf8AreKeptByteForByte) {
  std::string every_byte;
  for (int value = 255; value >= 1; --value) every_byte += static_cast<char>(value);
  const Result<Message> decoded = decode(encode(Lease{{{1, 1, every_byte, every_byte}}}));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<Lease>(*decoded).items[0].input, every_byte);
  EXPECT_EQ(std::get<Lease>(*decoded).items[0].stem, every_byte);
}

TEST(Messages, UnknownFieldsAreIgnored) {
  Json json = json_of(sample_setup());
  json["new_in_2030"] = {{"deep", {1, 2, 3}}};
  json["limits"]["new_too"] = 1.5;
  EXPECT_TRUE(decode(pack(json)).ok());
}

TEST(Messages, EveryMissingFieldIsNamed) {
  for (const auto& [name, message] : sample_messages()) {
    const Json sound = json_of(message);
    for (const auto& [field, value] : sound.items()) {
      if (field == "decoded_otherwise") continue;  // only there where it says something
      Json broken = sound;
      broken.erase(field);
      expect_protocol_error(pack(broken), field);
    }
  }
}

TEST(Messages, EveryFieldOfAnotherTypeIsNamed) {
  for (const auto& [name, message] : sample_messages()) {
    const Json sound = json_of(message);
    for (const auto& [field, value] : sound.items()) {
      Json broken = sound;
      broken[field] = 1.5;
      expect_protocol_error(pack(broken), field);
      broken[field] = nullptr;
      expect_protocol_error(pack(broken), field);
    }
  }
}

TEST(Messages, NestedFieldsAreNamedWithTheirPlace) {
  Json lease = json_of(Lease{{{1, 1, "a", "a"}, {2, 1, "b", "b"}}});
  lease["items"][1].erase("stem");
  expect_protocol_error(pack(lease), "lease.items[1].stem is missing");
  Json setup = json_of(sample_setup());
  setup["engine_options"]["extra"]["k"] = 5;
  expect_protocol_error(pack(setup), "setup.engine_options.extra.k is no text");
  lease["items"][1] = 5;
  expect_protocol_error(pack(lease), "lease.items[1] is no map");
}

TEST(Messages, NumbersOutOfRangeAreNamed) {
  Json setup = json_of(sample_setup());
  setup["engine_options"]["batch"] = 0;
  expect_protocol_error(pack(setup), "setup.engine_options.batch is 0, outside 1 to 65536");
  setup = json_of(sample_setup());
  setup["min_confidence"] = std::numeric_limits<double>::quiet_NaN();
  expect_protocol_error(pack(setup), "setup.min_confidence is nan, outside 0 to 1");
  Json outcome = json_of(sample_outcome_done());
  outcome["width"] = 4'294'967'296;
  expect_protocol_error(pack(outcome), "outcome.width is 4294967296");
  outcome = json_of(sample_outcome_done());
  outcome["id"] = -1;
  expect_protocol_error(pack(outcome), "outcome.id is -1");
  outcome = json_of(sample_outcome_done());
  outcome["stage_us"][3] = -1;
  expect_protocol_error(pack(outcome), "outcome.stage_us[3]");
  outcome = json_of(sample_outcome_done());
  outcome["stage_us"] = {1, 2};
  expect_protocol_error(pack(outcome), "outcome.stage_us");
  outcome = json_of(sample_outcome_done());
  outcome["class_pixels"][2] = 256;
  expect_protocol_error(pack(outcome), "outcome.class_pixels[2] is no class");
  outcome["class_pixels"][2] = 255;
  outcome["class_pixels"][3] = -1;
  expect_protocol_error(pack(outcome), "outcome.class_pixels[3] is no number of pixels");
  outcome["class_pixels"] = {0, 1, 2};
  expect_protocol_error(pack(outcome), "outcome.class_pixels is no array of classes");
  Json together = json_of(Outcomes{{sample_outcome_done(), sample_outcome_done()}});
  together["outcomes"][1]["stage_us"] = 5;
  expect_protocol_error(pack(together), "outcomes.outcomes[1].stage_us");
  outcome = json_of(sample_outcome_done());
  outcome["mask_hash"] = "xyz";
  expect_protocol_error(pack(outcome), "outcome.mask_hash");
}

TEST(Messages, UnknownNamesAreQuoted) {
  Json outcome = json_of(sample_outcome_failed());
  outcome["failed_stage"] = "dream";
  expect_protocol_error(pack(outcome), "outcome.failed_stage has the unknown value 'dream'");
  outcome = json_of(sample_outcome_failed());
  outcome["error"]["code"] = "bad_luck";
  expect_protocol_error(pack(outcome), "outcome.error.code has the unknown value 'bad_luck'");
  expect_protocol_error(pack({{"type", "gossip"}}), "unknown type 'gossip'");
}

TEST(Messages, AnotherProtocolVersionSaysWhatToDo) {
  expect_protocol_error(pack({{"type", "hello"}, {"protocol_version", 1}}),
                        "install segfleet and segfleet-worker");
  expect_protocol_error(pack({{"type", "hello"}, {"protocol_version", -3}}), "protocol_version is -3");
}

TEST(Messages, WhatIsNoMapIsRefused) {
  expect_protocol_error({}, "message of 0 bytes");
  expect_protocol_error(pack(5), "not a map");
  expect_protocol_error(pack(Json::array({1})), "not a map");
  expect_protocol_error(pack(Json::object()), "field type");
  expect_protocol_error(bytes_of("\xc1"), "at byte 1");
}

TEST(Messages, EveryTruncationAndEveryTrailingByteIsRefused) {
  for (const auto& [name, message] : sample_messages()) {
    std::vector<std::byte> bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(decode(std::span(bytes).first(size)).ok()) << name << " cut to " << size;
    bytes.push_back(std::byte{0xc0});
    EXPECT_FALSE(decode(bytes).ok()) << name;
  }
}

TEST(Messages, DeepNestingDoesNotRecurse) {
  for (const char opener : {'\x91', '\x81'}) {
    std::vector<std::byte> bytes(kMaxMessageBytes, static_cast<std::byte>(opener));
    if (opener == '\x81')  // {"": {"": ...
      for (std::size_t i = 1; i < bytes.size(); i += 2) bytes[i] = std::byte{0xa0};
    expect_protocol_error(bytes, "nested deeper than 8 levels");
  }
}

TEST(Messages, DepthLimitIsExact) {
  const auto nested = [](int depth) {
    Json value = Json::array();
    for (int i = 1; i < depth; ++i) value = Json::array({value});
    return Json{{"type", "drain"}, {"x", value}};
  };
  EXPECT_TRUE(decode(pack(nested(kMaxMessageDepth - 1))).ok());
  expect_protocol_error(pack(nested(kMaxMessageDepth)), "nested deeper");
}

TEST(Messages, LengthsBeyondTheEndAreRefusedWithoutAllocating) {
  expect_protocol_error(bytes_of("\xdd\xff\xff\xff\xff"), "at byte");
  expect_protocol_error(bytes_of("\xdf\xff\xff\xff\xff"), "at byte");
  expect_protocol_error(bytes_of("\xdb\xff\xff\xff\xffxy"), "at byte");
  expect_protocol_error(bytes_of("\xc6\xff\xff\xff\xffxy"), "at byte");
}

TEST(Messages, MoreThanTheLimitIsRefused) {
  expect_protocol_error(std::vector<std::byte>(kMaxMessageBytes + 1), "over the limit of 65536");
}

TEST(Messages, LongErrorTextsAreCutSoThatTheOutcomeCanBeSent) {
  Outcome outcome = sample_outcome_failed();
  outcome.error.message.assign(1 << 20, 'x');
  EXPECT_LT(encode(outcome).size(), kMaxMessageBytes);
  EXPECT_LT(encode(Note{std::string(1 << 20, 'x')}).size(), kMaxMessageBytes);
}

TEST(Messages, LargestOutcomeFits) {
  Outcome outcome = sample_outcome_done();
  outcome.class_pixels.clear();
  for (int index = 0; index < 256; ++index) outcome.class_pixels.push_back({index, 1ull << 63});
  EXPECT_LT(encode(outcome).size(), kMaxMessageBytes);
  outcome.id = outcome.input_bytes = outcome.mask_bytes = ~0ull;
  outcome.overlay_bytes = outcome.confidence_bytes = ~0ull;
  outcome.attempt = ~0u;
  outcome.picture = outcome.labels = {1 << 30, 1 << 30};
  outcome.stage_us.fill(INT64_MAX);
  outcome.moments_us.fill(INT64_MAX);
  outcome.decoded_otherwise = DecodedOtherwise{~0ull, ~0ull};
  EXPECT_LE(encode(outcome).size(), kMaxDoneOutcomeBytes);
}

}  // namespace
}  // namespace segfleet
