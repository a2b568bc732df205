// SPDX-License-Identifier: Apache-2.0
#include "tune/sample.h"

#include <gtest/gtest.h>

#include <fstream>

#include "temp_folder.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;

class Samples : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 100; ++i)
      std::ofstream(folder_.path() / ("p" + std::to_string(100 + i) + ".jpg")) << "picture";
  }
  TempFolder folder_;
};

TEST_F(Samples, AreSpreadEvenly) {
  const auto sample = choose_sample({folder_.path().string()}, 4, {});
  ASSERT_TRUE(sample.ok()) << sample.error().message;
  EXPECT_EQ(sample->of, 100u);
  std::vector<std::string> names;
  for (const fs::path& picture : sample->pictures) names.push_back(picture.filename().string());
  EXPECT_EQ(names, (std::vector<std::string>{"p112.jpg", "p137.jpg", "p162.jpg", "p187.jpg"}));
}

TEST_F(Samples, OfFewPicturesAreAllOfThem) {
  const auto sample = choose_sample({(folder_.path() / "p10*").string()}, 16, {});
  ASSERT_TRUE(sample.ok()) << sample.error().message;
  EXPECT_EQ(sample->pictures.size(), 10u);
}

TEST_F(Samples, AreLinkedOverAndOverWithoutThoseLeftOut) {
  const fs::path parent = folder_.path() / "trials";
  fs::create_directory(parent);
  {
    const auto trial = TrialFolder::make(parent);
    ASSERT_TRUE(trial.ok()) << trial.error().message;
    ASSERT_TRUE(trial->link({folder_.path() / "p100.jpg", fs::path(), folder_.path() / "p102.jpg"}).ok());
    EXPECT_EQ(fs::read_symlink(trial->pictures() / "0000-002.jpg"), folder_.path() / "p102.jpg");
    EXPECT_FALSE(fs::exists(trial->pictures() / "0000-001.jpg"));
    EXPECT_TRUE(fs::exists(trial->pictures() / "0500-000.jpg"));
  }
  EXPECT_TRUE(fs::is_empty(parent)) << "nothing is left";
}

TEST_F(Samples, AreNamedInsteadOfTheirLinks) {
  const auto trial = TrialFolder::make(folder_.path());
  ASSERT_TRUE(trial.ok()) << trial.error().message;
  const std::vector<fs::path> pictures{"/a/first.jpg", "/a/second.jpg"};
  const auto link = [&](const char* name) { return (trial->pictures() / name).native(); };
  EXPECT_EQ(trial->in_users_words("cannot read " + link("0007-001.jpg") + ": it is gone", pictures),
            "cannot read /a/second.jpg: it is gone");
  const std::string beside = "a file of the trial in " + folder_.path().native();
  EXPECT_EQ(trial->in_users_words("cannot write " + (trial->output() / "masks/0007-001.png").native() +
                                      " beside " + link("0007-009.jpg"),
                                  pictures),
            "cannot write " + beside + " beside " + beside);
  EXPECT_EQ(trial->in_users_words("nothing of ours", pictures), "nothing of ours");
}

TEST_F(Samples, AreNamedWhateverTheFolderIsCalled) {
  const fs::path parent = folder_.path() / "my plans (new), 'old': x";
  fs::create_directory(parent);
  const auto trial = TrialFolder::make(parent);
  ASSERT_TRUE(trial.ok()) << trial.error().message;
  EXPECT_EQ(trial->in_users_words((trial->pictures() / "0007-000.jpg").native() + ": gone", {"/a/first.jpg"}),
            "/a/first.jpg: gone");
  EXPECT_EQ(
      trial->in_users_words("cannot write " + (trial->output() / "masks/0.png").native() + ", full", {}),
      "cannot write a file of the trial in " + parent.native() + ", full");
}

TEST(TrialFolderNames, OfAPictureAreFoundAgain) {
  EXPECT_EQ(TrialFolder::picture_of(TrialFolder::first_stem(17)), 17u);
  EXPECT_EQ(TrialFolder::picture_of("0123-004"), 4u);
}

}  // namespace
}  // namespace segfleet
