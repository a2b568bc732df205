// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sstream>

#include "io/source/input_list.h"
#include "io/source/source.h"
#include "tree.h"

namespace segfleet {
namespace {

using Names = std::vector<std::string>;

Result<SourceList> list(const Names& inputs, const std::string& standard_input = "") {
  std::istringstream stream(standard_input);
  return list_sources(inputs, NameStyle::stem, stream);
}

Names stems(const Result<SourceList>& sources) {
  EXPECT_TRUE(sources.ok()) << sources.error().message;
  Names stems;
  for (const SourceItem& item : sources->items) stems.push_back(item.stem);
  return stems;
}

TEST(InputList, LinesMayEndInCrLfAndHoldMarksBlanksAndComments) {
  const auto lines = list_lines(
      "\xEF\xBB\xBF"
      "a.jpg\r\n\n  \t\r\n# comment\n  # too\nb c.jpg\nlast");
  EXPECT_EQ(lines, (std::vector<std::string_view>{"a.jpg", "b c.jpg", "last"}));
  EXPECT_TRUE(list_lines("").empty());
  EXPECT_EQ(list_lines("./#1.jpg").size(), 1U);
}

TEST(InputList, NamesAreRelativeToTheListsFolder) {
  const Tree tree;
  tree.file("data/img/a.jpg");
  EXPECT_EQ(stems(list({"@" + tree.file("data/list.txt", "img/a.jpg\n")})), (Names{"img/a"}));
}

TEST(InputList, PictureAndLabelLinesGiveThePicture) {
  const Tree tree;
  tree.file("a.jpg");
  tree.file("b.jpg");
  EXPECT_EQ(stems(list({"@" + tree.file("list.txt", "a.jpg a.png\nb.jpg\tb.png\n")})), (Names{"a", "b"}));
}

TEST(InputList, NamesWithSpacesWorkWhereTheFileExists) {
  const Tree tree;
  tree.file("my photo.jpg");
  tree.file("my");
  tree.file(" lead.jpg ");
  EXPECT_EQ(stems(list({"@" + tree.file("list.txt", "my photo.jpg\n lead.jpg \n")})),
            (Names{"my photo", " lead"}));
}

TEST(InputList, PicturesWithSpacesMayStandBeforeALabel) {
  const Tree tree;
  tree.file("my photo 1.jpg");
  tree.file("my photo.jpg");
  tree.file("my labels/my photo 1.png");
  EXPECT_EQ(stems(list({"@" + tree.file("list.txt",
                                        "my photo 1.jpg my labels/my photo 1.png\n"
                                        "  my photo.jpg \t gone label.png  \n")})),
            (Names{"my photo 1", "my photo"}));
}

TEST(InputList, LongestNameThatIsAFileCountsAndFoldersDoNot) {
  const Tree tree;
  tree.file("a");
  tree.file("a b.jpg");
  tree.folder("a b.jpg c");
  EXPECT_EQ(stems(list({"@" + tree.file("list.txt", "a b.jpg c d.png\n")})), (Names{"a b"}));
}

TEST(InputList, OfAMissingPictureAndItsLabelThePictureIsReported) {
  const Tree tree;
  const auto sources = list({"@" + tree.file("list.txt", "my gone.jpg my gone.png\n")});
  ASSERT_EQ(sources->failures.size(), 1U);
  EXPECT_EQ(sources->failures[0].input, tree.path("my gone.jpg"));
}

TEST(InputList, LineOfMegabytesOfWordsIsOneFailure) {
  const Tree tree;
  std::string line;
  for (int i = 0; i < 1'000'000; ++i) line += "a ";
  const auto sources = list({"@" + tree.file("list.txt", line + "\n")});
  ASSERT_TRUE(sources.ok());
  EXPECT_EQ(sources->failures.size(), 1U);
}

TEST(InputList, IndentedLinesWork) {
  const Tree tree;
  tree.file("a.jpg");
  EXPECT_EQ(stems(list({"@" + tree.file("list.txt", "   a.jpg   \n")})), (Names{"a"}));
}

TEST(InputList, MissingEntriesAreFailuresOfTheirOwn) {
  const Tree tree;
  tree.file("a.jpg");
  tree.folder("sub");
  const auto sources =
      list({"@" + tree.file("list.txt", "gone.jpg gone.png\na.jpg\nmy gone.jpg\nsub\nz\0y.jpg\n")});
  EXPECT_EQ(stems(sources), (Names{"a"}));
  ASSERT_EQ(sources->failures.size(), 4U);
  EXPECT_EQ(sources->failures[0].input, tree.path("gone.jpg"));
  EXPECT_EQ(sources->failures[0].stem, "gone");
  EXPECT_EQ(sources->failures[0].error.code, ErrorCode::not_found);
  EXPECT_EQ(sources->failures[1].input, tree.path("my gone.jpg"));
  EXPECT_NE(sources->failures[2].error.message.find("is a folder"), std::string::npos);
}

TEST(InputList, NamesWithAZeroByteAreFailuresAndOpenNothingElse) {
  const Tree tree;
  tree.file("a.jpg");
  const auto sources = list({"-"}, tree.path("a.jpg") + std::string("\0junk\n", 6));
  ASSERT_TRUE(sources.ok());
  EXPECT_TRUE(sources->items.empty());
  ASSERT_EQ(sources->failures.size(), 1U);
  EXPECT_EQ(sources->failures[0].error.code, ErrorCode::invalid_argument);
}

TEST(InputList, NamesOutsideTheListsFolderKeepTheirWholePath) {
  const Tree tree;
  tree.file("x/a.jpg");
  tree.file("lists/b.jpg");
  const std::string text = "../x/a.jpg\n" + tree.path("lists/b.jpg") + "\n";
  EXPECT_EQ(stems(list({"@" + tree.file("lists/list.txt", text)})), (Names{tree.path("x/a").substr(1), "b"}));
}

TEST(InputList, StandardInputIsRelativeToTheCurrentFolder) {
  const Tree tree;
  tree.file("a.jpg");
  EXPECT_EQ(stems(list({"-"}, tree.path("a.jpg") + "\n")), (Names{tree.path("a").substr(1)}));
  EXPECT_EQ(relative_to_list("/folder", "/folder/d/../a.jpg"), "a.jpg");
}

TEST(InputList, SameLineTwiceIsTakenOnce) {
  const Tree tree;
  tree.file("a.jpg");
  const auto sources = list({"@" + tree.file("list.txt", "a.jpg\n./a.jpg\na.jpg\n")});
  EXPECT_EQ(stems(sources), (Names{"a"}));
  EXPECT_EQ(sources->notes.size(), 1U);
}

TEST(InputList, ListedOwnOutputIsAFailure) {
  const Tree tree;
  tree.file("out/masks/a.png");
  std::istringstream nothing;
  const auto sources = list_sources({"@" + tree.file("list.txt", "out/masks/a.png\n")}, NameStyle::stem,
                                    nothing, OutputLayout(tree.path("out")));
  ASSERT_TRUE(sources.ok());
  ASSERT_EQ(sources->failures.size(), 1U);
  EXPECT_NE(sources->failures[0].error.message.find("writes its results"), std::string::npos);
}

TEST(InputList, ListThatIsMissingOrAPipeOrEmptyIsTheRunsError) {
  const Tree tree;
  EXPECT_EQ(list({"@" + tree.path("gone.txt")}).error().code, ErrorCode::not_found);
  const auto pipe = list({"@" + tree.fifo("pipe")});
  EXPECT_EQ(pipe.error().code, ErrorCode::input_unreadable);
  EXPECT_NE(pipe.error().message.find("given with -"), std::string::npos);
  EXPECT_EQ(list({"@" + tree.file("empty.txt", "# nothing\n")}).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace segfleet
