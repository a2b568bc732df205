// SPDX-License-Identifier: Apache-2.0
#include "io/source/glob.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "as_nobody.h"
#include "io/source/source.h"
#include "tree.h"

namespace segfleet {
namespace {

using Names = std::vector<std::string>;

Names matches(const Tree& tree, const std::string& pattern) {
  return expand_glob(tree.path(pattern), {}).relative;
}

Result<SourceList> list(const Names& inputs, NameStyle names = NameStyle::stem) {
  std::istringstream nothing;
  return list_sources(inputs, names, nothing);
}

Names stems(const Result<SourceList>& sources) {
  EXPECT_TRUE(sources.ok()) << sources.error().message;
  Names stems;
  for (const SourceItem& item : sources->items) stems.push_back(item.stem);
  return stems;
}

class Glob : public testing::Test {
 protected:
  Glob() {
    for (const char* name :
         {"p/img10.jpg", "p/img2.jpg", "p/.h.jpg", "p/s/img1.jpg", "p/s/t/x.jpg", "p/s/t/y.txt"})
      tree_.file(name);
  }
  Tree tree_;
};

TEST_F(Glob, StarsMatchWithinOneNameInNaturalOrder) {
  EXPECT_EQ(matches(tree_, "p/*.jpg"), (Names{"img2.jpg", "img10.jpg"}));
  for (int i = 0; i < 20; ++i) tree_.file("many/" + std::to_string(i) + ".jpg");
  const Names many = matches(tree_, "many/*.jpg");
  EXPECT_TRUE(std::is_sorted(many.begin(), many.end(), natural_less));
  EXPECT_EQ(matches(tree_, "p/img?.jpg"), (Names{"img2.jpg"}));
  EXPECT_EQ(matches(tree_, "p/img[0-9][0-9].jpg"), (Names{"img10.jpg"}));
  EXPECT_EQ(matches(tree_, "*/s/*.jpg"), (Names{"p/s/img1.jpg"}));
  EXPECT_EQ(matches(tree_, "p/.*.jpg"), (Names{".h.jpg"}));
  EXPECT_EQ(matches(tree_, "p/*/t/../t/x.jpg"), (Names{"s/t/../t/x.jpg"}));
}

TEST_F(Glob, TwoStarsMatchAnyNumberOfFolders) {
  EXPECT_EQ(matches(tree_, "p/**/*.jpg"), (Names{"img2.jpg", "img10.jpg", "s/img1.jpg", "s/t/x.jpg"}));
  EXPECT_EQ(matches(tree_, "p/**/**/x.jpg"), (Names{"s/t/x.jpg"}));
  EXPECT_EQ(matches(tree_, "p/**").size(), 5U);  // files only
}

TEST_F(Glob, TwoStarsFollowNoLinks) {
  tree_.link("p/s/loop", "..");
  EXPECT_EQ(matches(tree_, "p/**/x.jpg"), (Names{"s/t/x.jpg"}));
}

TEST_F(Glob, OutputsMirrorWhatIsBelowTheFirstWildcard) {
  EXPECT_EQ(stems(list({tree_.path("p/**/*.jpg")})), (Names{"img2", "img10", "s/img1", "s/t/x"}));
}

TEST_F(Glob, MatchedFoldersAreWalked) {
  EXPECT_EQ(stems(list({tree_.path("p/s*")})), (Names{"s/img1", "s/t/x"}));
}

TEST_F(Glob, OtherSuffixesAreTakenOnlyWhereThePatternSpellsThem) {
  EXPECT_EQ(stems(list({tree_.path("p/s/t/*")})), (Names{"x"}));
  EXPECT_EQ(stems(list({tree_.path("p/s/t/*.txt")})), (Names{"y"}));
}

TEST_F(Glob, ExistingFileOfThatVeryNameWins) {
  tree_.file("p/a[1].jpg");
  tree_.file("p/a1.jpg");
  EXPECT_EQ(stems(list({tree_.path("p/a[1].jpg")})), (Names{"a[1]"}));
  EXPECT_EQ(stems(list({tree_.path("p/a[123].jpg")})), (Names{"a1"}));
}

TEST_F(Glob, NoMatchIsNotFoundAndNamesThePattern) {
  for (const std::string& pattern :
       {tree_.path("p/*.bmp"), tree_.path("gone/*.jpg"), tree_.path("p/img2.jpg/*")}) {
    const auto sources = list({pattern});
    ASSERT_FALSE(sources.ok());
    EXPECT_EQ(sources.error().code, ErrorCode::not_found);
    EXPECT_NE(sources.error().message.find(pattern), std::string::npos);
  }
}

TEST_F(Glob, BrokenLinkThatMatchesIsAFailure) {
  tree_.link("p/gone.jpg", "nowhere");
  const auto sources = list({tree_.path("p/g*.jpg")});
  ASSERT_TRUE(sources.ok());
  ASSERT_EQ(sources->failures.size(), 1U);
  EXPECT_EQ(sources->failures[0].stem, "gone");
}

TEST_F(Glob, FolderThatCannotBeReadIsAFailure) {
  std::filesystem::permissions(tree_.root(), std::filesystem::perms(0755));
  std::filesystem::permissions(tree_.path("p/s"), std::filesystem::perms::none);
  {
    const AsNobody nobody;
    const auto sources = list({tree_.path("p/**/*.jpg")});
    EXPECT_EQ(stems(sources), (Names{"img2", "img10"}));
    ASSERT_EQ(sources->failures.size(), 1U);
    EXPECT_EQ(sources->failures[0].error.code, ErrorCode::permission_denied);
  }
  std::filesystem::permissions(tree_.path("p/s"), std::filesystem::perms(0755));
}

TEST_F(Glob, EqualStemsConflictAndFullNamesHelp) {
  tree_.file("p/img2.png");
  const auto sources = list({tree_.path("p")});
  ASSERT_FALSE(sources.ok());
  EXPECT_EQ(sources.error().code, ErrorCode::output_conflict);
  for (const std::string& part :
       {tree_.path("p/img2.jpg"), tree_.path("p/img2.png"), std::string("--names full")})
    EXPECT_NE(sources.error().message.find(part), std::string::npos) << sources.error().message;
  EXPECT_EQ(stems(list({tree_.path("p/img2.*")}, NameStyle::full)), (Names{"img2.jpg", "img2.png"}));
}

TEST_F(Glob, EqualNamesOfFilesInTwoFoldersConflictAndTheFolderIsTheMend) {
  tree_.file("q/img2.jpg");
  const auto sources = list({tree_.path("p/img2.jpg"), tree_.path("q/img2.jpg")});
  ASSERT_FALSE(sources.ok());
  EXPECT_NE(sources.error().message.find("name the folder that holds both"), std::string::npos);
}

TEST_F(Glob, ManyConflictsAreCountedAndTheFirstShown) {
  for (int i = 0; i < 9; ++i) {
    tree_.file("q/" + std::to_string(i) + ".jpg");
    tree_.file("q/" + std::to_string(i) + ".png");
  }
  const auto sources = list({tree_.path("q")});
  ASSERT_FALSE(sources.ok());
  EXPECT_NE(sources.error().message.find("9 pairs"), std::string::npos);
  EXPECT_EQ(sources.error().message.find("3.png"), std::string::npos);
}

TEST_F(Glob, OutputThatWouldHaveToBeAFolderConflicts) {
  tree_.file("r/a.jpg");
  tree_.file("r/a.png/b.jpg");
  EXPECT_EQ(list({tree_.path("r")}).error().code, ErrorCode::output_conflict);
}

TEST_F(Glob, NamesThatDifferInCaseAreTwoFiles) {
  tree_.file("r/a.jpg");
  tree_.file("r/A.jpg");
  EXPECT_EQ(stems(list({tree_.path("r")})).size(), 2U);
}

}  // namespace
}  // namespace segfleet
