// SPDX-License-Identifier: Apache-2.0
// natural_less, path_text, output_stem, OutputLayout: what concerns names alone.
#include <gtest/gtest.h>
#include <unistd.h>

#include "io/sink/output_layout.h"
#include "io/source/output_stem.h"
#include "io/source/path_text.h"
#include "io/source/source.h"

namespace segfleet {
namespace {

TEST(NaturalLess, NumbersCompareAsNumbersOfAnyLength) {
  EXPECT_TRUE(natural_less("img2", "img10"));
  EXPECT_FALSE(natural_less("img10", "img2"));
  EXPECT_TRUE(natural_less("img9.jpg", "img10.jpg"));
  EXPECT_TRUE(natural_less("99999999999999999999998", "99999999999999999999999"));
  EXPECT_TRUE(natural_less("a007", "a7"));  // equal numbers: the bytes decide
  EXPECT_TRUE(natural_less("a007b", "a7c"));
}

TEST(NaturalLess, FoldersStayTogetherAndBytesAreUnsigned) {
  EXPECT_TRUE(natural_less("a/z", "a b"));
  EXPECT_TRUE(natural_less("a", "a/b"));
  EXPECT_TRUE(natural_less("z", "\xE4\xB8\xAD"));
  EXPECT_FALSE(natural_less("same", "same"));
}

TEST(NaturalLess, IsAStrictWeakOrder) {
  const std::vector<std::string> names{"",    "0",  "00",   "1",   "01",  "a",  "a0",
                                       "a00", "a1", "a01b", "a1a", "a10", "a/", "a.1"};
  for (const auto& a : names) {
    for (const auto& b : names) {
      EXPECT_EQ(a == b, !natural_less(a, b) && !natural_less(b, a)) << a << " " << b;
      for (const auto& c : names) {
        const bool in_order = natural_less(a, b) && natural_less(b, c);
        EXPECT_TRUE(!in_order || natural_less(a, c)) << a << " " << b << " " << c;
      }
    }
  }
}

TEST(PathText, AbsoluteTextIsNormal) {
  EXPECT_EQ(absolute_text("/a//b/./c/../d/"), "/a/b/d");
  EXPECT_EQ(absolute_text("/../.."), "/");
  EXPECT_EQ(absolute_text("/a/.hidden"), "/a/.hidden");
  EXPECT_EQ(absolute_text("x/.."), std::filesystem::current_path().native());
}

TEST(PathText, CommonFolderIsTheDeepestOne) {
  EXPECT_EQ(common_folder("/a/b", "/a/bc"), "/a");
  EXPECT_EQ(common_folder("/a/b", "/a/b/c"), "/a/b");
  EXPECT_EQ(common_folder("/a/b/c", "/a/b"), "/a/b");
  EXPECT_EQ(common_folder("/a", "/b"), "/");
  EXPECT_EQ(common_folder("/a", "/"), "/");
}

TEST(PathText, BelowNeedsAWholeNameToEnd) {
  EXPECT_EQ(below("/a/b", "/a/b/c/d"), "c/d");
  EXPECT_EQ(below("/a/b", "/a/bc/d"), "");
  EXPECT_EQ(below("/a/b", "/a/b"), "");
  EXPECT_EQ(below("/", "/a"), "a");
}

TEST(OutputStem, CutsOneSuffixOrKeepsItWithFullNames) {
  EXPECT_EQ(output_stem("a/b.c.jpg", NameStyle::stem), "a/b.c");
  EXPECT_EQ(output_stem("a.b/c", NameStyle::stem), "a.b/c");
  EXPECT_EQ(output_stem("a/b.jpg", NameStyle::full), "a/b.jpg");
}

TEST(OutputStem, NeverBecomesEmptyOrADotName) {
  EXPECT_EQ(output_stem(".jpg", NameStyle::stem), ".jpg");
  EXPECT_EQ(output_stem("a/..jpg", NameStyle::stem), "a/..jpg");
  EXPECT_EQ(output_stem("...jpg", NameStyle::stem), "...jpg");
}

TEST(OutputStem, LongestNameThatFitsIsKept) {
  const std::string name(251, 'n');
  EXPECT_EQ(output_stem(name + ".jpg", NameStyle::stem), name);
}

TEST(OutputStem, LongerNamesAreCutAtACharacterAndStayDistinct) {
  std::string name = "xx";
  for (int i = 0; i < 84; ++i) name += "\xE4\xB8\xAD";  // 254 bytes
  const std::string stem = output_stem("d/" + name + "1", NameStyle::stem);
  const std::string file = OutputLayout("o").mask(stem).filename();
  EXPECT_LE(file.size(), 255U);
  EXPECT_EQ((stem.find('~') - 2 - 2) % 3, 0U);  // whole characters only
  EXPECT_EQ(stem, output_stem("d/" + name + "1", NameStyle::stem));
  EXPECT_NE(stem, output_stem("d/" + name + "2", NameStyle::stem));
}

TEST(OutputStem, LongNamesThatAreNotUtf8AreCutToo) {
  const std::string name(255, '\x80');
  EXPECT_LE(output_stem(name, NameStyle::full).size(), 251U);
}

TEST(PictureSuffix, AnyCaseAndNothingElse) {
  for (const char* name : {"a.jpg", "a.JPEG", "b/a.Png", "a.bmp", "a.WEBP", "a.tif", "a.tiff"})
    EXPECT_TRUE(has_picture_suffix(name)) << name;
  for (const char* name : {"a.gif", "jpg", ".jpg", "a.jpg/b", "a.jpg.txt", "a."})
    EXPECT_FALSE(has_picture_suffix(name)) << name;
}

TEST(OutputLayout, KnowsItsTemporaries) {
  const auto temporary =
      OutputLayout::temporary_for("m/" + std::string(251, 'n') + ".png", 18446744073709551615ULL);
  EXPECT_EQ(temporary.parent_path(), "m");
  EXPECT_LE(temporary.filename().native().size(), 255U);
  EXPECT_TRUE(OutputLayout::is_temporary(temporary));
}

TEST(OutputLayout, OverlaysHaveThePicturesSuffixWithPredict) {
  const OutputLayout layout("o/", Layout::predict);
  for (const char* input : {"a/b.JPG", "b.tar.png", ".jpg", "a.d/b", "..", "b.", "/x/...bmp"}) {
    EXPECT_EQ(layout.overlay_suffix(input), std::filesystem::path(input).extension().native()) << input;
    EXPECT_EQ(layout.overlay("s/t", input), std::filesystem::path("o/added_prediction/s/t").native() +
                                                std::filesystem::path(input).extension().native());
  }
  EXPECT_EQ(OutputLayout("o").overlay("s", "b.bmp"), "o/overlays/s.jpg");
}

TEST(OutputLayout, NamesAreBelowTheRoot) {
  EXPECT_EQ(OutputLayout("").mask("s"), "masks/s.png");
  EXPECT_EQ(OutputLayout("/a/b/").confidence("s"), "/a/b/confidence/s.png");
  EXPECT_EQ(OutputLayout("a", Layout::infer).mask("d/s"), "a/d/s.png");
}

TEST(OutputLayout, FinalNamesAreNotTemporaries) {
  for (const char* name :
       {"a.png", ".segfleet-1-2.tmp.png", ".segfleet-1.tmp", ".segfleet-1-2.tmpx", ".segfleet--2.tmp",
        ".segfleet-0-2.tmp", ".segfleet--1-2.tmp", ".segfleet.lock", ".segfleet-1-2"})
    EXPECT_FALSE(OutputLayout::is_temporary(name)) << name;
}

}  // namespace
}  // namespace segfleet
