// SPDX-License-Identifier: Apache-2.0
// Which pictures of a run with --fast-decode or --decode nvjpeg are computed both ways, and what is told of
// them.
#include "fleet/decode_check.h"

#include <gtest/gtest.h>

#include <vector>

#include "fleet/ledger/decode_effect.h"

namespace segfleet {
namespace {

Outcome done(ItemId id) {
  Outcome outcome;
  outcome.id = id;
  outcome.done = true;
  return outcome;
}
Outcome reduced(ItemId id) {
  Outcome outcome = done(id);
  outcome.decoded_otherwise.emplace();
  return outcome;
}
Outcome compared(ItemId id, std::uint64_t pixels, std::uint64_t differing) {
  Outcome outcome = done(id);
  outcome.decoded_otherwise = DecodedOtherwise{pixels, differing};
  return outcome;
}

std::vector<int> chosen_of(DecodeCheck& check, int items) {
  std::vector<int> chosen;
  for (int i = 0; i < items; ++i)
    if (check.compares("in/a.jpg")) chosen.push_back(i);
  return chosen;
}

TEST(DecodeCheck, TheSampleIsSpreadOverTheRun) {
  DecodeCheck check(640, kFastDecode);
  EXPECT_EQ(chosen_of(check, 640), (std::vector<int>{0, 80, 160, 240, 320, 400, 480, 560}));
}

TEST(DecodeCheck, SmallRunsCompareLessAndOneAtLeast) {
  DecodeCheck few(130, kFastDecode);
  EXPECT_EQ(chosen_of(few, 130), (std::vector<int>{0, 65}));
  DecodeCheck one(1, kFastDecode);
  EXPECT_EQ(chosen_of(one, 1), (std::vector<int>{0}));
}

TEST(DecodeCheck, WhatIsNoJpegByItsNameIsNotChosen) {
  DecodeCheck check(1, kFastDecode);
  for (const char* name : {"a.png", "a.PNG", "a.tif", "a.Tiff", "a.bmp", "a.webp"})
    EXPECT_FALSE(check.compares(name)) << name;
  EXPECT_TRUE(check.compares("without_an_end"));  // it may be one
}

TEST(DecodeCheck, SharesAreOverAllPixelsAndOfTheWorstPicture) {
  DecodeCheck check(640, kFastDecode);
  check.ended(done(1), "whole.png");
  check.ended(reduced(2), "b.jpg");
  EXPECT_EQ(check.effect().pictures, 1u);
  EXPECT_EQ(check.effect().compared, 0u);
  check.ended(compared(3, 900, 9), "c.jpg");
  check.ended(compared(4, 100, 11), "d.jpg");
  check.ended(compared(5, 1000, 0), "e.jpg");
  const DecodeEffect& effect = check.effect();
  EXPECT_EQ(effect.pictures, 4u);
  EXPECT_EQ(effect.compared, 3u);
  EXPECT_DOUBLE_EQ(effect.differing_share, 0.01);
  EXPECT_DOUBLE_EQ(effect.worst_share, 0.11);
  EXPECT_EQ(effect.worst_input, "d.jpg");
}

TEST(DecodeEffect, IsTheSameAfterTheLedger) {
  const DecodeEffect effect{250, 4, 0.0042, 0.0091, "in/a \"b\".jpg"};
  const std::optional<DecodeEffect> read = effect_from_text(kFastDecode, as_text(kFastDecode, effect));
  ASSERT_TRUE(read);
  EXPECT_EQ(as_text(kFastDecode, *read), as_text(kFastDecode, effect));
  EXPECT_EQ(read->worst_input, effect.worst_input);
  ASSERT_TRUE(effect_from_text(kFastDecode, as_text(kFastDecode, {3, 0, 0, 0, ""})));
  for (const char* text : {"", "{", "[]", "7", "{}", R"({"reduced":"many","compared":0})",
                           R"({"reduced":1,"compared":1,"differing_share":null})"})
    EXPECT_FALSE(effect_from_text(kFastDecode, text)) << text;
}

TEST(DecodeEffect, IsToldInOneSentence) {
  EXPECT_EQ(
      fast_decode_sentence({250, 4, 0.00421, 0.0091, "a.jpg"}, 256),
      "Fast decode: 250 of 256 images were decoded at a reduced scale; of 4 of them, also decoded in full, "
      "0.421 % of the pixels have another label; in a.jpg, where they are most, 0.91 %.");
  EXPECT_EQ(
      fast_decode_sentence({250, 4, 0.000001, 0, "a.jpg"}, 256),
      "Fast decode: 250 of 256 images were decoded at a reduced scale; of 4 of them, also decoded in full, "
      "less than 0.001 % of the pixels have another label; in a.jpg, where they are most, 0 %.");
  EXPECT_EQ(fast_decode_sentence({0, 0, 0, 0, ""}, 9),
            "Fast decode: 0 of 9 images were decoded at a reduced scale.");
  EXPECT_EQ(
      fast_decode_sentence({2, 0, 0, 0, ""}, 9),
      "Fast decode: 2 of 9 images were decoded at a reduced scale; no labels were compared with those of "
      "full decode.");
}

TEST(DecodeEffect, OfACardTellsWhatTheCpuDecoded) {
  EXPECT_EQ(
      nvjpeg_sentence({250, 4, 0.00421, 0.0091, "a.jpg"}, 256),
      "nvJPEG: 250 of 256 images were decoded on the card, 6 by the CPU; of 4 of the former, also decoded "
      "by the CPU, 0.421 % of the pixels have another label; in a.jpg, where they are most, 0.91 %.");
  EXPECT_EQ(nvjpeg_sentence({0, 0, 0, 0, ""}, 9),
            "nvJPEG: 0 of 9 images were decoded on the card, 9 by the CPU.");
  EXPECT_EQ(
      nvjpeg_sentence({2, 0, 0, 0, ""}, 2),
      "nvJPEG: 2 of 2 images were decoded on the card, 0 by the CPU; no labels were compared with those of "
      "the CPU's decoding.");
}

TEST(DecodeEffect, OfACardIsNotTakenForFastDecode) {
  const std::string text = as_text(kNvjpegDecode, {250, 0, 0, 0, ""});
  EXPECT_EQ(text.substr(0, 14), R"({"on_card":250)");
  EXPECT_FALSE(effect_from_text(kFastDecode, text));
  ASSERT_TRUE(effect_from_text(kNvjpegDecode, text));
  EXPECT_EQ(effect_from_text(kNvjpegDecode, text)->pictures, 250u);
}

}  // namespace
}  // namespace segfleet
