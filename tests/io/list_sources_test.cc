// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sstream>

#include "as_nobody.h"
#include "io/source/source.h"
#include "tree.h"

namespace segfleet {
namespace {

using Names = std::vector<std::string>;

Result<SourceList> list(const Names& inputs, NameStyle names = NameStyle::stem,
                        const std::string& output = "", Layout layout = Layout::segfleet) {
  std::istringstream nothing;
  return list_sources(inputs, names, nothing, OutputLayout(output, layout));
}

Names stems(const Result<SourceList>& sources) {
  EXPECT_TRUE(sources.ok()) << sources.error().message;
  Names stems;
  for (const SourceItem& item : sources->items) stems.push_back(item.stem);
  return stems;
}

std::string all_notes(const SourceList& sources) {
  std::string text;
  for (const std::string& note : sources.notes) text += note + "\n";
  return text;
}

TEST(ListSources, FolderIsMirroredInNaturalOrderWithoutHiddenNames) {
  const Tree tree;
  for (const char* name : {"in/img10.jpg", "in/img2.jpg", "in/b/1.PNG", "in/.hidden.jpg", "in/.git/x.jpg",
                           "in/a b/\xE4\xB8\xAD.tif"})
    tree.file(name);
  EXPECT_EQ(stems(list({tree.path("in")})), (Names{"a b/\xE4\xB8\xAD", "b/1", "img2", "img10"}));
  EXPECT_EQ(stems(list({tree.path("in/")})), (Names{"a b/\xE4\xB8\xAD", "b/1", "img2", "img10"}));
}

TEST(ListSources, ItemsCarryPathSizeAndTime) {
  const Tree tree;
  const std::string path = tree.file("in/a.jpg", "12345");
  const auto sources = list({tree.path("in")});
  ASSERT_TRUE(sources.ok());
  EXPECT_EQ(sources->items[0].input, path);
  EXPECT_EQ(sources->items[0].size_bytes, 5U);
  EXPECT_GT(sources->items[0].mtime_ns, 1'600'000'000'000'000'000);
}

TEST(ListSources, NamesThatAreNotUtf8Work) {
  const Tree tree;
  tree.file("in/\xFF\xFE.jpg");
  EXPECT_EQ(stems(list({tree.path("in")})), (Names{"\xFF\xFE"}));
}

TEST(ListSources, OtherFilesAreNotedWithTheirSuffixes) {
  const Tree tree;
  for (const char* name : {"in/a.jpg", "in/b.txt", "in/c.md", "in/d.txt", "in/none"}) tree.file(name);
  const auto sources = list({tree.path("in")});
  ASSERT_TRUE(sources.ok());
  EXPECT_EQ(sources->items.size(), 1U);
  EXPECT_NE(all_notes(*sources).find("4 files skipped in"), std::string::npos);
  EXPECT_NE(all_notes(*sources).find("(.md, .txt, no suffix)"), std::string::npos);
}

TEST(ListSources, NamedFilesMayHaveAnySuffixAndKeepTheOrder) {
  const Tree tree;
  EXPECT_EQ(stems(list({tree.file("b/z.dat"), tree.file("a/y")})), (Names{"z", "y"}));
}

TEST(ListSources, FileNamedTwiceIsTakenOnceAndNoted) {
  const Tree tree;
  const std::string path = tree.file("in/a.jpg");
  const auto sources = list({path, tree.path("in"), tree.path("in/../in/./a.jpg")});
  EXPECT_EQ(stems(sources), (Names{"a"}));
  EXPECT_NE(all_notes(*sources).find("2 inputs named more than once"), std::string::npos);
}

TEST(ListSources, LinksToOneFileAreItemsOfTheirOwn) {
  const Tree tree;
  tree.file("in/a.jpg");
  tree.link("in/b.jpg", "a.jpg");
  tree.link("in/c.jpg", "a.jpg");
  EXPECT_EQ(stems(list({tree.path("in"), tree.path("in/c.jpg")})), (Names{"a", "b", "c"}));
}

TEST(ListSources, SeveralFoldersAreMirroredBelowWhatHoldsThemAll) {
  const Tree tree;
  for (const char* name : {"A/x.jpg", "B/x.jpg", "2024/pics/y.jpg"}) tree.file(name);
  EXPECT_EQ(stems(list({tree.path("A"), tree.path("B")})), (Names{"A/x", "B/x"}));
  EXPECT_EQ(stems(list({tree.path("2024/pics"), tree.path("A")})), (Names{"2024/pics/y", "A/x"}));
  EXPECT_EQ(stems(list({tree.path("2024/pics"), tree.path("2024")})), (Names{"pics/y"}));
}

TEST(ListSources, SymlinkLoopIsReadOnceAndNoted) {
  const Tree tree;
  tree.file("in/a/x.jpg");
  tree.link("in/a/loop", "..");
  const auto sources = list({tree.path("in")});
  EXPECT_EQ(stems(sources), (Names{"a/x"}));
  EXPECT_NE(all_notes(*sources).find("a/loop"), std::string::npos);
}

TEST(ListSources, LinkedFolderIsListedUnderItsRealNameWhereItHasOne) {
  const Tree tree;
  tree.file("in/z/x.jpg");
  tree.file("elsewhere/y.jpg");
  tree.link("in/a", "z");
  tree.link("in/b", "../elsewhere");
  tree.link("in/c", "../elsewhere");
  EXPECT_EQ(stems(list({tree.path("in")})), (Names{"b/y", "z/x"}));
}

TEST(ListSources, FifosAndBrokenLinksAreFailuresAndNeverOpened) {
  const Tree tree;
  tree.file("in/a.jpg");
  tree.fifo("in/pipe.jpg");
  tree.fifo("in/other");
  tree.link("in/gone.png", "nowhere");
  const auto sources = list({tree.path("in")});
  EXPECT_EQ(stems(sources), (Names{"a"}));
  ASSERT_EQ(sources->failures.size(), 2U);
  for (const SourceFailure& failure : sources->failures) {
    const bool is_pipe = failure.stem == "pipe";
    EXPECT_EQ(failure.error.code, is_pipe ? ErrorCode::input_unreadable : ErrorCode::not_found);
    EXPECT_EQ(failure.input, tree.path(is_pipe ? "in/pipe.jpg" : "in/gone.png"));
  }
  EXPECT_NE(all_notes(*sources).find("FIFO"), std::string::npos);
}

TEST(ListSources, NamedFifoIsAFailure) {
  const Tree tree;
  const auto sources = list({tree.fifo("pipe")});
  ASSERT_TRUE(sources.ok());
  ASSERT_EQ(sources->failures.size(), 1U);
  EXPECT_EQ(sources->failures[0].error.code, ErrorCode::input_unreadable);
}

TEST(ListSources, UnreadableSubfolderIsAFailureTheRestIsListed) {
  const Tree tree;
  tree.file("in/a.jpg");
  tree.file("in/locked/b.jpg");
  std::filesystem::permissions(tree.root(), std::filesystem::perms(0755));
  std::filesystem::permissions(tree.path("in/locked"), std::filesystem::perms::none);
  {
    const AsNobody nobody;
    const auto sources = list({tree.path("in")});
    EXPECT_EQ(stems(sources), (Names{"a"}));
    ASSERT_EQ(sources->failures.size(), 1U);
    EXPECT_EQ(sources->failures[0].input, tree.path("in/locked"));
    EXPECT_EQ(sources->failures[0].error.code, ErrorCode::permission_denied);
    EXPECT_EQ(list({tree.path("in/locked")}).error().code, ErrorCode::permission_denied);
  }
  std::filesystem::permissions(tree.path("in/locked"), std::filesystem::perms(0755));
}

TEST(ListSources, OwnOutputsBelowTheInputAreNotListed) {
  const Tree tree;
  for (const char* name : {"in/a.jpg", "in/out/masks/a.png", "in/out/overlays/a.jpg", "in/out/other.jpg"})
    tree.file(name);
  EXPECT_EQ(stems(list({tree.path("in")}, NameStyle::stem, tree.path("in/out"))), (Names{"a", "out/other"}));
  EXPECT_EQ(stems(list({tree.path("in/**/*.png"), tree.path("in/a.jpg")}, NameStyle::stem, tree.path("out"))),
            (Names{"out/masks/a", "a"}));
}

TEST(ListSources, InputThatIsTheOutputFolderWorksTwice) {
  const Tree tree;
  tree.file("in/a.jpg");
  tree.file("in/masks/a.png");
  EXPECT_EQ(stems(list({tree.path("in")}, NameStyle::stem, tree.path("in"))), (Names{"a"}));
}

TEST(ListSources, NamingAnOwnOutputIsRefused) {
  const Tree tree;
  const std::string mask = tree.file("out/masks/a.png");
  for (const std::string& input : {mask, tree.path("out/masks"), tree.path("out/./masks/a.png")}) {
    const auto sources = list({input}, NameStyle::stem, tree.path("out"));
    ASSERT_FALSE(sources.ok()) << input;
    EXPECT_EQ(sources.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(sources.error().message.find(input), std::string::npos);
  }
}

TEST(ListSources, MissingPathNamesItAndWhereItWasSought) {
  const auto sources = list({"no/such"});
  ASSERT_FALSE(sources.ok());
  EXPECT_EQ(sources.error().code, ErrorCode::not_found);
  EXPECT_NE(sources.error().message.find((std::filesystem::current_path() / "no/such").native()),
            std::string::npos);
}

TEST(ListSources, NothingFoundSaysWhereItLookedAndWhatItSaw) {
  const Tree tree;
  tree.file("in/notes.txt");
  const auto sources = list({tree.path("in")});
  ASSERT_FALSE(sources.ok());
  EXPECT_EQ(sources.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(sources.error().message.find(tree.path("in")), std::string::npos);
  EXPECT_NE(sources.error().message.find(".txt"), std::string::npos);
  EXPECT_EQ(list({}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(list({""}).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace segfleet
