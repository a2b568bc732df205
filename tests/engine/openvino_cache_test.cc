// SPDX-License-Identifier: Apache-2.0
// A cache of compiled models helps or stays out of the way; it never fails a run.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "engine/registry.h"
#include "temp_folder.h"
#include "test_graphs.h"

namespace segfleet {
namespace {

class OpenVinoCache : public testing::Test {
 protected:
  OpenVinoCache() : package_(tiny_package({.end = GraphEnd::upsample_argmax}, folder_.path())) {
    package_.transforms = {Resize{{16, 16}}, Normalize{}};
    options_.cache_folder = folder_.path() / "cache/deep";
  }
  std::unique_ptr<Engine> load() {
    auto engine = (*open_engine_factory("openvino"))->load(package_, options_);
    EXPECT_TRUE(engine.ok()) << engine.error().message;
    return engine.ok() ? std::move(*engine) : nullptr;
  }
  std::vector<std::uint8_t> labels(Engine& engine) {
    Tensor pictures = random_pictures({1, 3, 16, 16});
    Tensor output;
    EXPECT_TRUE(engine.infer(0, pictures.view(), output).ok());
    return {output.data<std::uint8_t>(), output.data<std::uint8_t>() + output.size_bytes()};
  }
  std::vector<std::filesystem::path> files() const {
    return {std::filesystem::directory_iterator(options_.cache_folder), {}};
  }

  TempFolder folder_;
  ModelPackage package_;
  EngineOptions options_;
};

TEST_F(OpenVinoCache, TheSecondLoadComesFromTheCacheAndGivesTheSame) {
  const auto first = load();
  const auto second = load();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(first->info().loaded_from_cache);
  EXPECT_TRUE(second->info().loaded_from_cache);
  EXPECT_EQ(files().size(), 1u) << "no temporary file stays";
  EXPECT_EQ(labels(*first), labels(*second));
  EXPECT_EQ(labels(*second).size(), 16u * 16u);
}

TEST_F(OpenVinoCache, AnotherModelOrOptionIsNotMistakenForIt) {
  ASSERT_NE(load(), nullptr);
  package_.fingerprint[0] = 'f';
  EXPECT_FALSE(load()->info().loaded_from_cache);
  options_.threads = 1;
  EXPECT_FALSE(load()->info().loaded_from_cache);
  package_.transforms = {Resize{{24, 16}}, Normalize{}};
  EXPECT_FALSE(load()->info().loaded_from_cache);
}

TEST_F(OpenVinoCache, ADamagedBlobIsCompiledAgainAndReplaced) {
  const auto good = load();
  ASSERT_EQ(files().size(), 1u);
  const auto blob = files()[0];
  const auto size = std::filesystem::file_size(blob);
  const auto damage = [&](const std::function<void()>& change) {
    change();
    const auto engine = load();
    ASSERT_NE(engine, nullptr);
    EXPECT_FALSE(engine->info().loaded_from_cache);
    EXPECT_EQ(labels(*engine), labels(*good));
    EXPECT_TRUE(load()->info().loaded_from_cache) << "not replaced";
  };
  damage([&] { std::filesystem::resize_file(blob, 0); });
  damage([&] { std::filesystem::resize_file(blob, size / 2); });
  damage([&] { std::ofstream(blob) << "garbage"; });
  // Everywhere, the weights included: OpenVINO itself would load those without a word.
  for (std::uintmax_t at = 0; at < size; at += size / 16) {
    damage([&] {
      std::fstream file(blob, std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(static_cast<std::streamoff>(at));
      const auto byte = static_cast<char>(file.get() ^ 0x20);
      file.seekp(static_cast<std::streamoff>(at));
      file.put(byte);
    });
  }
}

TEST_F(OpenVinoCache, AFolderThatCannotBeUsedIsNotedAndTheRunGoesOn) {
  std::ofstream(folder_.path() / "file") << "not a folder";
  options_.cache_folder = folder_.path() / "file/cache";
  const auto engine = load();
  ASSERT_NE(engine, nullptr);
  EXPECT_FALSE(engine->info().loaded_from_cache);
  ASSERT_EQ(engine->info().notes.size(), 1u);
  EXPECT_NE(engine->info().notes[0].find(options_.cache_folder.string()), std::string::npos);
  EXPECT_FALSE(labels(*engine).empty());
}

TEST_F(OpenVinoCache, ABlobThatIsAFolderIsNotedAndTheRunGoesOn) {
  ASSERT_NE(load(), nullptr);
  const auto blob = files()[0];
  std::filesystem::remove(blob);
  std::filesystem::create_directories(blob / "inside");
  const auto engine = load();
  ASSERT_NE(engine, nullptr);
  EXPECT_EQ(engine->info().notes.size(), 1u);
  EXPECT_EQ(files().size(), 1u) << "no temporary file stays";
}

TEST_F(OpenVinoCache, WithoutAFolderNothingIsCached) {
  options_.cache_folder.clear();
  ASSERT_NE(load(), nullptr);
  EXPECT_FALSE(load()->info().loaded_from_cache);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "cache"));
}

}  // namespace
}  // namespace segfleet
