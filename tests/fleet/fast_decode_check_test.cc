// SPDX-License-Identifier: Apache-2.0
// Which pictures of a run with --fast-decode are computed both ways, and what is told of them.
#include "fleet/fast_decode_check.h"

#include <gtest/gtest.h>

#include <vector>

#include "fleet/ledger/fast_decode_effect.h"

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
  outcome.fast_decoded.emplace();
  return outcome;
}
Outcome compared(ItemId id, std::uint64_t pixels, std::uint64_t differing) {
  Outcome outcome = done(id);
  outcome.fast_decoded = FastDecoded{pixels, differing};
  return outcome;
}

std::vector<int> chosen_of(FastDecodeCheck& check, int items) {
  std::vector<int> chosen;
  for (int i = 0; i < items; ++i)
    if (check.compares("in/a.jpg")) chosen.push_back(i);
  return chosen;
}

TEST(FastDecodeCheck, TheSampleIsSpreadOverTheRun) {
  FastDecodeCheck check(640);
  EXPECT_EQ(chosen_of(check, 640), (std::vector<int>{0, 80, 160, 240, 320, 400, 480, 560}));
}

TEST(FastDecodeCheck, SmallRunsCompareLessAndOneAtLeast) {
  FastDecodeCheck few(130);
  EXPECT_EQ(chosen_of(few, 130), (std::vector<int>{0, 65}));
  FastDecodeCheck one(1);
  EXPECT_EQ(chosen_of(one, 1), (std::vector<int>{0}));
}

TEST(FastDecodeCheck, WhatIsNoJpegByItsNameIsNotChosen) {
  FastDecodeCheck check(1);
  for (const char* name : {"a.png", "a.PNG", "a.tif", "a.Tiff", "a.bmp", "a.webp"})
    EXPECT_FALSE(check.compares(name)) << name;
  EXPECT_TRUE(check.compares("without_an_end"));  // it may be one
}

TEST(FastDecodeCheck, SharesAreOverAllPixelsAndOfTheWorstPicture) {
  FastDecodeCheck check(640);
  check.ended(done(1), "whole.png");
  check.ended(reduced(2), "b.jpg");
  EXPECT_EQ(check.effect().reduced, 1u);
  EXPECT_EQ(check.effect().compared, 0u);
  check.ended(compared(3, 900, 9), "c.jpg");
  check.ended(compared(4, 100, 11), "d.jpg");
  check.ended(compared(5, 1000, 0), "e.jpg");
  const FastDecodeEffect& effect = check.effect();
  EXPECT_EQ(effect.reduced, 4u);
  EXPECT_EQ(effect.compared, 3u);
  EXPECT_DOUBLE_EQ(effect.differing_share, 0.01);
  EXPECT_DOUBLE_EQ(effect.worst_share, 0.11);
  EXPECT_EQ(effect.worst_input, "d.jpg");
}

TEST(FastDecodeEffect, IsTheSameAfterTheLedger) {
  const FastDecodeEffect effect{250, 4, 0.0042, 0.0091, "in/a \"b\".jpg"};
  const std::optional<FastDecodeEffect> read = fast_decode_from_text(fast_decode_text(effect));
  ASSERT_TRUE(read);
  EXPECT_EQ(fast_decode_text(*read), fast_decode_text(effect));
  EXPECT_EQ(read->worst_input, effect.worst_input);
  ASSERT_TRUE(fast_decode_from_text(fast_decode_text({3, 0, 0, 0, ""})));
  for (const char* text : {"", "{", "[]", "7", "{}", R"({"reduced":"many","compared":0})",
                           R"({"reduced":1,"compared":1,"differing_share":null})"})
    EXPECT_FALSE(fast_decode_from_text(text)) << text;
}

TEST(FastDecodeEffect, IsToldInOneSentence) {
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

}  // namespace
}  // namespace segfleet
