// SPDX-License-Identifier: Apache-2.0
// A worker session in a thread of the test, with the test as its coordinator and a fake engine behind it.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fake_engine.h"
#include "imaging/encode/encode.h"
#include "temp_folder.h"
#include "transport/channel.h"
#include "worker/session.h"

namespace segfleet {

inline void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}
inline void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

// A PNG of one colour.
inline void write_picture(const std::filesystem::path& path, Size size) {
  LabelMap labels;
  labels.size = size;
  labels.labels.assign(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height), 3);
  std::vector<std::byte> png;
  PngEncoder encoder;
  ASSERT_TRUE(encoder.encode(labels, paddleseg_palette(), png).ok());
  write_file(path, png);
}

// Normalize only: the network's size is the picture's.
inline void write_model(const std::filesystem::path& folder) {
  write_file(folder / "deploy.yaml",
             "Deploy:\n  model: model.onnx\n  transforms:\n  - type: Normalize\n  output_op: argmax\n");
  write_file(folder / "model.onnx", "graph");
}

class SessionHarness {
 public:
  explicit SessionHarness(FakeEngine::Answer answer, int lanes = 1)
      : SessionHarness(std::move(answer), lanes, make_socketpair().value()) {}
  ~SessionHarness() {
    gate.open();
    close_socket();
    if (session_.joinable()) session_.join();
  }

  Setup setup() {
    Setup setup;
    write_model(folder.path() / "model");
    setup.model = folder.path() / "model";
    setup.engine = "fake";
    setup.output = folder.path() / "out";
    return setup;
  }
  std::string picture(const std::string& name, Size size = {16, 8}) {
    write_picture(folder.path() / "in" / name, size);
    return folder.path() / "in" / name;
  }

  // Conversation up to Ready.
  void start(const Setup& setup) {
    EXPECT_TRUE(std::holds_alternative<Hello>(*receive()));
    send(setup);
    const std::optional<Message> ready = receive();
    ASSERT_TRUE(ready && std::holds_alternative<Ready>(*ready));
  }
  void send(const Message& message) { ASSERT_TRUE(channel->send(message).ok()); }
  // Outcomes that came together come one by one.
  std::optional<Message> receive() {
    if (outcomes_.empty()) {
      std::optional<Message> message = channel->receive().value();
      auto* together = message ? std::get_if<Outcomes>(&*message) : nullptr;
      if (together == nullptr) return message;
      EXPECT_FALSE(together->outcomes.empty());
      outcomes_.assign(together->outcomes.begin(), together->outcomes.end());
    }
    Message first = std::move(outcomes_.front());
    outcomes_.pop_front();
    return first;
  }
  // The next message of one type; others are passed over. Nothing at end-of-file.
  template <typename T>
  std::optional<T> receive_a() {
    while (std::optional<Message> message = receive())
      if (T* wanted = std::get_if<T>(&*message)) return *wanted;
    return std::nullopt;
  }
  std::map<ItemId, Outcome> receive_outcomes(std::size_t count) {
    std::map<ItemId, Outcome> outcomes;
    while (outcomes.size() < count) {
      std::optional<Outcome> outcome = receive_a<Outcome>();
      if (!outcome) break;
      EXPECT_TRUE(outcomes.emplace(outcome->id, *outcome).second) << "second outcome of " << outcome->id;
    }
    return outcomes;
  }
  void close_socket() { channel.reset(); }
  int join() {
    session_.join();
    return status_;
  }

  TempFolder folder;
  std::function<Result<std::unique_ptr<Nvjpeg>>()> open_nvjpeg;  // set before the setup is sent
  Gate gate;  // for answers that a test holds back; opened when the session is told to leave
  FakeFactory factory;
  std::atomic<int> left_with = -1;  // what the session's leave hook got first
  std::unique_ptr<Channel> channel;
  int raw_fd;  // of `channel`, to send what Channel would not

 private:
  SessionHarness(FakeEngine::Answer answer, int lanes, std::pair<UniqueFd, UniqueFd> ends)
      : factory(std::move(answer), lanes),
        channel(std::make_unique<Channel>(std::move(ends.first))),
        raw_fd(channel->fd()) {
    SessionHooks hooks;
    hooks.open_engine = [this](const std::string& name) -> Result<const EngineFactory*> {
      if (name != "fake") return Error{ErrorCode::engine_unavailable, "no engine " + name};
      return &factory;
    };
    hooks.leave = [this](int status) {
      int none = -1;
      left_with.compare_exchange_strong(none, status);
      gate.open();
    };
    hooks.open_nvjpeg = [this] { return open_nvjpeg(); };
    session_ = std::thread([this, socket = std::move(ends.second), hooks]() mutable {
      Session session(std::move(socket), std::move(hooks));
      status_ = session.run();
    });
  }

  std::deque<Outcome> outcomes_;  // received and not yet given
  std::thread session_;
  std::atomic<int> status_ = -1;
};

}  // namespace segfleet
