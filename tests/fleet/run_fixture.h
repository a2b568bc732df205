// SPDX-License-Identifier: Apache-2.0
// A job for run() with fake workers: a model package, pictures by name, an observer that remembers.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.h"
#include "fleet/ledger/sqlite.h"
#include "segfleet/run.h"
#include "temp_folder.h"

namespace segfleet {

class Remembering : public RunObserver {
 public:
  void started(const Progress& progress) override { total = progress.total; }
  void item(const ItemEvent& event) override {
    items[event.stem] = event;
    ++outcomes;
    if (on_item) on_item(event);
  }
  void note(const std::string& text) override { notes.push_back(text); }
  void worker_died(const std::string&, const std::string& how) override {
    deaths.push_back(how);
    if (on_death) on_death();
  }

  std::uint64_t total = 0;
  int outcomes = 0;
  std::map<std::string, ItemEvent> items;  // by stem
  std::vector<std::string> notes;
  std::vector<std::string> deaths;
  std::function<void(const ItemEvent&)> on_item;
  std::function<void()> on_death;
};

class FakeRun : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(model());
    std::ofstream(model() / "deploy.yaml")
        << "Deploy:\n  model: model.onnx\n  output_op: argmax\n  transforms:\n"
           "  - type: Normalize\n";
    std::ofstream(model() / "model.onnx") << "graph";
    std::filesystem::create_directories(pictures());
    ::unsetenv("FAKE_WORKER");
    options_.model = model();
    options_.inputs = {pictures().string()};
    options_.output = folder_.path() / "out";
    options_.engine = "simulated";
    options_.devices = "sim:0,1";
    options_.worker_program = SEGFLEET_FAKE_WORKER;
  }
  void TearDown() override { ::unsetenv("FAKE_WORKER"); }

  std::filesystem::path model() const { return folder_.path() / "model"; }
  std::filesystem::path pictures() const { return folder_.path() / "pictures"; }
  std::filesystem::path mask(const std::string& stem) const {
    return options_.output / "masks" / (stem + ".png");
  }

  void add_picture(const std::string& name) {
    std::ofstream(pictures() / (name + ".jpg")) << "picture of " << name;
  }
  void add_pictures(int count) {
    for (int i = 0; i < count; ++i) add_picture("p" + std::to_string(i));
  }

  Result<RunSummary> run_now() { return run(options_, seen_, stop_); }
  RunSummary run_well() {
    const Result<RunSummary> summary = run_now();
    EXPECT_TRUE(summary.ok()) << summary.error().message;
    return summary.ok() ? *summary : RunSummary();
  }
  std::string query(std::string_view sql) const {
    const Result<Database> database = Database::open(options_.output / "ledger.sqlite");
    const Result<std::string> text =
        database.ok() ? database->query_text(sql) : Result<std::string>(database.error());
    return text.ok() ? *text : text.error().message;
  }
  nlohmann::json summary_file() const {
    const Result<std::string> text = read_text_file(options_.output / "summary.json", 1 << 20);
    return text.ok() ? nlohmann::json::parse(*text) : nlohmann::json();
  }
  // Names below the output folder that nobody should find after a run.
  std::vector<std::string> leftovers() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.output)) {
      const std::string name = entry.path().filename().string();
      if (name[0] == '.' || name.ends_with("-wal") || name.ends_with("-shm")) found.push_back(name);
    }
    return found;
  }

  TempFolder folder_;
  RunOptions options_;
  Remembering seen_;
  StopRequest stop_;
};

}  // namespace segfleet
