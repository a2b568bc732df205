// SPDX-License-Identifier: Apache-2.0
#include "transport/channel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

namespace segfleet {
namespace {

struct Ends {
  Ends() : Ends(make_socketpair().value()) {}
  explicit Ends(std::pair<UniqueFd, UniqueFd>&& pair)
      : raw(pair.second.get()),
        near(std::move(pair.first)),
        far(std::make_unique<Channel>(std::move(pair.second))) {}
  int raw;  // of `far`, to send what Channel would not
  Channel near;
  std::unique_ptr<Channel> far;
};

void make_non_blocking(int fd) {
  ASSERT_EQ(::fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

TEST(Channel, CarriesMessagesBothWaysInOrder) {
  Ends ends;
  ASSERT_TRUE(ends.near.send(Note{"one"}).ok());
  ASSERT_TRUE(ends.near.send(Note{"two"}).ok());
  ASSERT_TRUE(ends.far->send(Drain{}).ok());
  EXPECT_EQ(std::get<Note>(**ends.far->receive()).text, "one");
  EXPECT_EQ(std::get<Note>(**ends.far->receive()).text, "two");
  EXPECT_TRUE(std::holds_alternative<Drain>(**ends.near.receive()));
}

TEST(Channel, CloseOfThePeerIsEndOfFile) {
  Ends ends;
  ends.far.reset();
  const auto message = ends.near.receive();
  ASSERT_TRUE(message.ok());
  EXPECT_FALSE(message->has_value());
}

TEST(Channel, WhatADeadPeerHadSentIsReceivedAlthoughItLeftMessagesUnread) {
  Ends ends;
  ASSERT_TRUE(ends.near.send(Note{"never read"}).ok());
  ASSERT_TRUE(ends.far->send(Note{"last words"}).ok());
  ends.far.reset();
  auto message = ends.near.receive();
  ASSERT_TRUE(message.ok()) << message.error().message;
  EXPECT_EQ(std::get<Note>(**message).text, "last words");
  message = ends.near.receive();
  ASSERT_TRUE(message.ok()) << message.error().message;
  EXPECT_FALSE(message->has_value());
}

TEST(Channel, AnEmptyMessageIsNotTakenForEndOfFile) {
  Ends ends;
  ASSERT_EQ(::send(ends.raw, "", 0, 0), 0);
  EXPECT_EQ(ends.near.receive().error().message, "empty message");
}

TEST(Channel, SendingToADeadPeerIsAnErrorAndNoSignal) {
  Ends ends;
  ends.far.reset();
  EXPECT_EQ(ends.near.send(Drain{}).error().code, ErrorCode::io_error);
}

TEST(Channel, MessagesOverTheLimitAreNotSent) {
  Ends ends;
  const Status status = ends.near.send(Lease{{{1, 1, std::string(kMaxMessageBytes, 'x'), "x"}}});
  EXPECT_EQ(status.error().code, ErrorCode::protocol_error);
}

TEST(Channel, MessagesOverTheLimitAreRefusedWhenReceived) {
  Ends ends;
  const std::vector<char> bytes(kMaxMessageBytes + 1);
  ASSERT_EQ(::send(ends.raw, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  const auto message = ends.near.receive();
  EXPECT_EQ(message.error().code, ErrorCode::protocol_error);
  EXPECT_NE(message.error().message.find("65537 bytes"), std::string::npos);
}

TEST(Channel, GarbageIsAProtocolErrorAndTheNextMessageStillArrives) {
  Ends ends;
  ASSERT_EQ(::send(ends.raw, "\xc1", 1, 0), 1);
  ASSERT_TRUE(ends.far->send(Drain{}).ok());
  EXPECT_EQ(ends.near.receive().error().code, ErrorCode::protocol_error);
  EXPECT_TRUE(ends.near.receive()->has_value());
}

TEST(Channel, NonBlockingReceiveTellsNotYetFromNeverMore) {
  Ends ends;
  make_non_blocking(ends.near.fd());
  bool would_block = false;
  ASSERT_TRUE(ends.near.receive(&would_block).ok());
  EXPECT_TRUE(would_block);
  ends.far.reset();
  ASSERT_TRUE(ends.near.receive(&would_block).ok());
  EXPECT_FALSE(would_block);
}

TEST(Channel, NonBlockingSendSaysWhenTheSocketIsFull) {
  Ends ends;
  make_non_blocking(ends.near.fd());
  bool would_block = false;
  std::size_t sent = 0;
  while (true) {
    ASSERT_TRUE(ends.near.send(Note{std::string(1000, 'x')}, &would_block).ok());
    if (would_block) break;
    ++sent;
  }
  for (std::size_t i = 0; i < sent; ++i) ASSERT_TRUE(ends.far->receive()->has_value());
  ASSERT_TRUE(ends.near.send(Drain{}, &would_block).ok());
  EXPECT_FALSE(would_block);
  EXPECT_TRUE(std::holds_alternative<Drain>(**ends.far->receive()));
}

TEST(Channel, BlockingCallsOnANonBlockingSocketWait) {
  Ends ends;
  make_non_blocking(ends.near.fd());
  make_non_blocking(ends.far->fd());
  constexpr int kMessages = 2000;
  std::thread sender([&] {
    for (int i = 0; i < kMessages; ++i) EXPECT_TRUE(ends.near.send(Note{std::string(1000, 'x')}).ok());
  });
  for (int i = 0; i < kMessages; ++i) ASSERT_TRUE(ends.far->receive()->has_value());
  sender.join();
}

TEST(Channel, SignalsDoNotEndAWait) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) {};  // without SA_RESTART: recv gives EINTR
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  Ends ends;
  std::atomic<bool> received = false;
  std::thread receiver([&] {
    EXPECT_TRUE(ends.near.receive()->has_value());
    received = true;
  });
  for (int i = 0; i < 1000; ++i) ::pthread_kill(receiver.native_handle(), SIGUSR1);
  EXPECT_FALSE(received);
  ASSERT_TRUE(ends.far->send(Drain{}).ok());
  receiver.join();
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST(Channel, ConcurrentSendersDoNotMixTheirMessages) {
  Ends ends;
  constexpr int kSenders = 4;
  constexpr int kMessages = 300;
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kSenders; ++sender)
    senders.emplace_back([&, sender] {
      for (int i = 0; i < kMessages; ++i)
        EXPECT_TRUE(ends.near.send(Note{std::string(500, static_cast<char>('a' + sender))}).ok());
    });
  for (int i = 0; i < kSenders * kMessages; ++i) {
    const auto message = ends.far->receive();
    ASSERT_TRUE(message.ok());
    const std::string& text = std::get<Note>(**message).text;
    EXPECT_EQ(text, std::string(500, text[0]));
  }
  for (std::thread& sender : senders) sender.join();
}

TEST(Channel, EndsAreClosedOnExec) {
  const Ends ends;
  EXPECT_NE(::fcntl(ends.near.fd(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(ends.raw, F_GETFD) & FD_CLOEXEC, 0);
}

}  // namespace
}  // namespace segfleet
