// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "report/json_events.h"
#include "report/line_log.h"
#include "report/terminal_display.h"

namespace segfleet {
namespace {

// A FILE in memory that can be read back.
class MemoryFile {
 public:
  MemoryFile() : file_(std::tmpfile()) {}
  ~MemoryFile() { std::fclose(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::FILE* get() { return file_; }
  std::string text() {
    std::fflush(file_);
    std::rewind(file_);
    std::string all;
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) all += static_cast<char>(c);
    return all;
  }

 private:
  std::FILE* file_;
};

std::vector<nlohmann::json> events_of(MemoryFile& file) {
  std::vector<nlohmann::json> events;
  std::istringstream lines(file.text());
  for (std::string line; std::getline(lines, line);) events.push_back(nlohmann::json::parse(line));
  return events;
}

ItemEvent failure() {
  ItemEvent event;
  event.input = "in/a.jpg";
  event.stem = "a";
  event.error = {ErrorCode::input_truncated, "in/a.jpg ends too early"};
  event.stage = "decode";
  return event;
}

TEST(JsonEvents, EveryLineIsOneObjectWithItsEventsName) {
  MemoryFile file;
  JsonEvents events(file.get());
  events.started({});
  events.note("bf16 changes labels");
  events.item(failure());
  events.worker_died("cpu:0", "was killed by signal 9 (SIGKILL)");
  events.ended({}, 3);
  const auto lines = events_of(file);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0]["event"], "started");
  EXPECT_EQ(lines[1]["text"], "bf16 changes labels");
  EXPECT_EQ(lines[2]["error"]["code"], "input_truncated");
  EXPECT_EQ(lines[2]["stage"], "decode");
  EXPECT_EQ(lines[3]["device"], "cpu:0");
  EXPECT_EQ(lines[4]["exit_status"], 3);
}

TEST(JsonEvents, APathThatIsNotUtf8StillGivesValidJson) {
  MemoryFile file;
  JsonEvents events(file.get());
  ItemEvent event = failure();
  event.input = "in/\xff\xfe.jpg";
  events.item(event);
  EXPECT_EQ(events_of(file).at(0)["input"], "in/\xef\xbf\xbd\xef\xbf\xbd.jpg");
}

TEST(JsonEvents, ItemsAreWrittenAsAJsonLibraryWritesThem) {
  MemoryFile file;
  JsonEvents events(file.get());
  ItemEvent done;
  done.input = "in/a \"b\" \\ \t \x01 \x7f ü.jpg";
  done.stem = "a";
  done.device = "cpu:0";
  done.done = true;
  done.attempts = 3;
  events.item(done);
  events.item(failure());
  EXPECT_EQ(
      file.text(),
      "{\"event\":\"item\",\"input\":\"in/a \\\"b\\\" \\\\ \\t \\u0001 \x7f ü.jpg\",\"stem\":\"a\","
      "\"done\":true,\"device\":\"cpu:0\",\"attempts\":3}\n"
      "{\"event\":\"item\",\"input\":\"in/"
      "a.jpg\",\"stem\":\"a\",\"done\":false,\"device\":\"\",\"attempts\":" +
          std::to_string(failure().attempts) +
          ",\"stage\":\"decode\",\"error\":{\"code\":\"input_truncated\",\"message\":\"in/a.jpg ends too "
          "early\"}}\n");
}

TEST(LineLog, QuietPrintsFailuresOnly) {
  MemoryFile file;
  LineLog log(file.get(), true);
  log.started({});
  log.note("something");
  log.worker_died("cpu:0", "died");
  log.item(failure());
  EXPECT_EQ(file.text(), "failed: in/a.jpg ends too early (input_truncated, stage decode)\n");
}

TEST(LineLog, ProgressLinesAreTenSecondsApart) {
  MemoryFile file;
  LineLog log(file.get(), false);
  Progress progress;
  progress.total = 100;
  log.started(progress);
  for (int tenths = 1; tenths <= 250; ++tenths) {
    progress.elapsed_s = tenths / 10.0;
    log.progress(progress);
  }
  const std::string text = file.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;  // the start, at 10 s, at 20 s
}

TEST(TerminalDisplay, FailuresStayAboveTheRedrawnLines) {
  MemoryFile file;
  {
    TerminalDisplay display(file.get());
    Progress progress;
    progress.total = 2;
    display.started(progress);
    display.item(failure());
    progress.failed = 1;
    display.progress(progress);
  }
  const std::string text = file.text();
  const std::size_t failed = text.find("failed: in/a.jpg");
  ASSERT_NE(failed, std::string::npos);
  EXPECT_NE(text.find("1/2 (50 %)", failed), std::string::npos);
}

TEST(TerminalDisplay, AThousandFailuresDoNotFloodTheTerminal) {
  MemoryFile file;
  {
    TerminalDisplay display(file.get());
    for (int i = 0; i < 1000; ++i) display.item(failure());
  }
  const std::string text = file.text();
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 30);
  EXPECT_NE(text.find("further failures"), std::string::npos);
}

}  // namespace
}  // namespace segfleet
