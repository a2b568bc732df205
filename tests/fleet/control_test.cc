// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "as_nobody.h"
#include "fleet/control/control_client.h"
#include "fleet/control/control_server.h"
#include "fleet/control/progress_json.h"
#include "fleet/output/output_lock.h"
#include "io/sink/output_layout.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

TEST(ControlRequest, IsReadAsItWasWritten) {
  const Result<ControlRequest> add = parse_request(request_line({ControlCommand::add, "gpu:2,cpu:0-1"}));
  ASSERT_TRUE(add.ok()) << add.error().message;
  EXPECT_EQ(add->command, ControlCommand::add);
  EXPECT_EQ(add->devices, "gpu:2,cpu:0-1");
  EXPECT_EQ(parse_request(request_line({ControlCommand::pause, ""}))->command, ControlCommand::pause);
}

TEST(ControlRequest, ABadOneIsRefusedWithAnExample) {
  for (const std::string line : {"", "status", "{}", "null", "[]", R"({"version":1})", R"({"version":"1"})",
                                 R"({"version":1,"command":"remove"})", R"({"version":1,"command":7})",
                                 "{\"version\":1,\"command\":\"st\xff\"}"}) {
    const Result<ControlRequest> request = parse_request(line);
    ASSERT_FALSE(request.ok()) << line;
    EXPECT_EQ(request.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(request.error().message.find(R"("command":"add")"), std::string::npos);
  }
}

TEST(ControlAnswer, AnErrorKeepsItsCodeAndMessage) {
  const Result<ControlAnswer> answer =
      parse_answer(answer_line(Error{ErrorCode::device_unknown, "gpu:9 is not there"}));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::device_unknown);
  EXPECT_EQ(answer.error().message, "gpu:9 is not there");
}

TEST(ControlAnswer, WhatIsNoneIsAProtocolError) {
  for (const std::string line : {"", "ok", "[]", "{}", R"({"ok":1})", R"({"ok":false})"})
    EXPECT_EQ(parse_answer(line).error().code, ErrorCode::protocol_error) << line;
}

TEST(ProgressJson, IsReadAsItWasWritten) {
  Progress progress;
  progress.total = 9;
  progress.done = 4;
  progress.items_per_s = 2.5;
  progress.paused = true;
  DeviceProgress device;
  device.device = "gpu:0";
  device.state = "running";
  device.queued_infer = 3;
  device.sample.utilization = 0.75;
  device.sample.memory_used_bytes = std::uint64_t{5} << 30U;
  device.sample.throttled = false;
  progress.devices.push_back(device);
  const Progress read = progress_from_json(progress_as_json(progress));
  EXPECT_EQ(read.total, 9U);
  EXPECT_EQ(read.done, 4U);
  EXPECT_EQ(read.items_per_s, 2.5);
  EXPECT_EQ(read.eta_s, -1);
  EXPECT_TRUE(read.paused);
  ASSERT_EQ(read.devices.size(), 1U);
  EXPECT_EQ(read.devices[0].state, "running");
  EXPECT_EQ(read.devices[0].queued_infer, 3U);
  EXPECT_EQ(read.devices[0].sample.utilization, 0.75);
  EXPECT_EQ(read.devices[0].sample.memory_used_bytes, std::uint64_t{5} << 30U);
  EXPECT_EQ(read.devices[0].sample.throttled, false);
  EXPECT_FALSE(read.devices[0].sample.temperature_c);
}

TEST(ProgressJson, FieldsOfAnotherTypeAreLeftOut) {
  const auto json = ControlAnswer::parse(R"({"total":"many","devices":[7,{"device":[],"workers":"x"}]})");
  const Progress read = progress_from_json(json);
  EXPECT_EQ(read.total, 0U);
  ASSERT_EQ(read.devices.size(), 1U);
  EXPECT_EQ(read.devices[0].workers, 0);
}

class ControlSocketTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return OutputLayout(folder_.path()).control(); }
  Result<ControlSocket> bind() const { return ControlSocket::bind(path()); }
  TempFolder folder_;
};

TEST_F(ControlSocketTest, IsTheOwnersAloneWhateverTheUmask) {
  const mode_t before = ::umask(0);
  const Result<ControlSocket> socket = bind();
  ::umask(before);
  ASSERT_TRUE(socket.ok()) << socket.error().message;
  struct stat info {};
  ASSERT_EQ(::stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
}

TEST_F(ControlSocketTest, AnotherUserIsTurnedAwayEvenWhereTheFileWouldLetThemIn) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to be another user";
  const Result<ControlSocket> socket = bind();
  ASSERT_TRUE(socket.ok()) << socket.error().message;
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
  {
    const AsNobody nobody;
    EXPECT_EQ(connect_control_socket(path()).error().code, ErrorCode::permission_denied);
  }
  std::filesystem::permissions(path(), std::filesystem::perms::all);
  {
    const AsNobody nobody;
    EXPECT_EQ(connect_control_socket(path()).error().code, ErrorCode::permission_denied);
  }
  EXPECT_FALSE(socket->accept());
  const Result<UniqueFd> owner = connect_control_socket(path());
  ASSERT_TRUE(owner.ok()) << owner.error().message;
  EXPECT_TRUE(socket->accept());
}

TEST_F(ControlSocketTest, TakesTheNameOfADeadOneAndLeavesNothing) {
  {
    const Result<ControlSocket> socket = bind();
    ASSERT_TRUE(socket.ok());
    std::filesystem::rename(path(), folder_.path() / "kept");  // as a kill would leave it
  }
  std::filesystem::rename(folder_.path() / "kept", path());
  EXPECT_EQ(connect_control_socket(path()).error().code, ErrorCode::not_found);
  {
    const Result<ControlSocket> socket = bind();
    ASSERT_TRUE(socket.ok()) << socket.error().message;
    EXPECT_TRUE(connect_control_socket(path()).ok());
  }
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(ControlSocketTest, LeavesAFileOfThatNameAlone) {
  std::ofstream(path()) << "mine";
  EXPECT_FALSE(bind().ok());
  EXPECT_TRUE(std::filesystem::is_regular_file(path()));
}

TEST_F(ControlSocketTest, ABusyFolderWithoutASocketIsSaidToBeBusy) {
  const ControlRequest status{ControlCommand::status, ""};
  EXPECT_NE(ask_run(folder_.path(), status).error().message.find("no run is busy"), std::string::npos);
  const Result<OutputLock> lock = OutputLock::take(OutputLayout(folder_.path()).lock());
  ASSERT_TRUE(lock.ok());
  const Error busy = ask_run(folder_.path(), status).error();
  EXPECT_NE(busy.message.find("is in use by process"), std::string::npos) << busy.message;
}

// Each connection is closed by the peer in the end: what it sends and how long it waits is the client's.
TEST_F(ControlSocketTest, AServerThatEndsClosesOpenConnections) {
  Result<UniqueFd> client = Error{ErrorCode::internal, ""};
  {
    const auto server =
        ControlServer::start(bind().value(), [](std::string_view) { return std::string("no\n"); });
    ASSERT_TRUE(server.ok()) << server.error().message;
    client = connect_control_socket(path());
    ASSERT_TRUE(client.ok());
    ASSERT_EQ(::send(client->get(), "half", 4, 0), 4);
  }
  pollfd end{client->get(), POLLIN, 0};
  EXPECT_EQ(::poll(&end, 1, 60'000), 1);
  EXPECT_TRUE((end.revents & POLLHUP) != 0);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace segfleet
