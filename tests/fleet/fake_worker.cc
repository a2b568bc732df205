// SPDX-License-Identifier: Apache-2.0
// A worker without engine and pictures: its "mask" of an item is the item's stem. It misbehaves as the item's
// file name says (crash, crash-once, hang, hang-once, stop-once, slow-once, exit, garbage, strange-id, twice,
// fail, full-disk) or, for a whole worker, as FAKE_WORKER says (load-failed, bad-option, crash-on-load,
// other-version, deaf-once, stays, together).
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "io/sink/durable_writer.h"
#include "io/sink/output_layout.h"
#include "transport/channel.h"

namespace segfleet {
namespace {

[[noreturn]] void wait_for_kill() {
  for (;;) ::pause();
}

void wait_for(const std::filesystem::path& file) {
  while (!std::filesystem::exists(file)) ::usleep(1000);
}

class FakeWorker {
 public:
  explicit FakeWorker(UniqueFd socket) : channel_(std::move(socket)) {}

  int serve() {
    send(Hello{kProtocolVersion, mode_ == "other-version" ? "0.0.1" : SEGFLEET_VERSION, ::getpid()});
    for (;;) {
      const Result<std::optional<Message>> message = channel_.receive();
      if (!message.ok()) return 1;
      if (!message->has_value()) return 0;
      if (const auto* setup = std::get_if<Setup>(&**message)) load(*setup);
      if (const auto* lease = std::get_if<Lease>(&**message)) work_all(*lease);
      if (std::holds_alternative<Drain>(**message)) {
        if (mode_ == "stays") wait_for_kill();
        return 0;
      }
    }
  }

 private:
  void send(const Message& message) {
    if (!channel_.send(message).ok()) ::_exit(0);
  }

  void load(const Setup& setup) {
    setup_ = setup;
    if (mode_ == "load-failed") {
      send(LoadFailed{{ErrorCode::engine_unavailable, "no engine in a fake worker"}});
      ::_exit(1);
    }
    if (mode_ == "no-room-once") {
      // The first worker that gets here finds no room; the others go on when it has gone, and its lock with
      // it.
      const std::filesystem::path output = setup.output;
      const int lock = ::open((output / "no-room.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
      ::flock(lock, LOCK_EX);
      if (std::filesystem::create_directory(output / "no-room")) {
        send(LoadFailed{{ErrorCode::out_of_memory, "the model needs 3 GiB, 1 GiB is free"}});
        ::_exit(1);
      }
      ::close(lock);
    }
    if (mode_ == "bad-option") {
      send(LoadFailed{{ErrorCode::invalid_argument, "no such option of a fake worker"}});
      ::_exit(1);
    }
    if (mode_ == "crash-on-load") std::abort();
    send(Ready{"1.0", "a fake device", 1, 2, 2, 1000, false});
    // Only the first worker that gets here: the others must finish the job.
    if (mode_ == "deaf-once" &&
        std::filesystem::create_directory(std::filesystem::path(setup.output) / "deaf"))
      wait_for_kill();
    send(Note{"a note of a fake worker"});
    send(Stats{1000, 500, 500, 0, 0, 0, 1, 1, 1 << 20, {}});
  }

  void work_all(const Lease& lease) {
    for (const LeasedItem& item : lease.items) work(item);
    if (!together_.outcomes.empty()) send(std::exchange(together_, {}));
  }

  void report(const Outcome& outcome) {
    mode_ == "together" ? together_.outcomes.push_back(outcome) : send(outcome);
  }

  void work(const LeasedItem& item) {
    const std::string name = std::filesystem::path(item.input).stem().string();
    const auto is = [&](const char* word) { return name.starts_with(word); };
    const bool first_attempt = item.attempt == 1;
    if (is("crash-once") ? first_attempt : is("crash")) ::kill(::getpid(), SIGKILL);
    if (is("hang-once") ? first_attempt : is("hang")) wait_for_kill();
    if (is("stop-once") && first_attempt) ::raise(SIGSTOP);
    // Until another worker has written the mask: then this one is too late.
    if (is("slow-once") && first_attempt) wait_for(OutputLayout(setup_.output).mask(item.stem));
    if (is("exit")) ::_exit(0);
    if (is("garbage")) (void)!::send(channel_.fd(), "\xc1garbage", 8, MSG_NOSIGNAL);
    Outcome outcome = done(item);
    if (is("strange-id")) outcome.id = 1u << 30;
    if (is("fail")) outcome = failed(item, ErrorCode::input_corrupt, Stage::decode);
    if (is("full-disk")) outcome = failed(item, ErrorCode::no_space, Stage::write);
    report(outcome);
    if (is("twice")) report(outcome);
  }

  Outcome done(const LeasedItem& item) {
    const OutputLayout layout(setup_.output, setup_.layout);
    const auto bytes = std::as_bytes(std::span(item.stem));
    const FileToWrite file{layout.mask(item.stem), bytes};
    std::vector<Status> statuses;
    DurableWriter().commit(std::span(&file, 1), statuses);
    Outcome outcome;
    if (!statuses[0].ok()) {
      outcome = failed(item, statuses[0].error().code, Stage::write);
      outcome.error = statuses[0].error();
      return outcome;
    }
    outcome.id = item.id;
    outcome.attempt = item.attempt;
    outcome.done = true;
    outcome.picture = {4, 2};
    outcome.mask_bytes = bytes.size();
    outcome.mask_hash = hash_hex(bytes);
    outcome.stage_us = {1, 2, 3, 4, 5, 6, 7, 8};
    outcome.class_pixels = {{0, 8}};
    return outcome;
  }

  static Outcome failed(const LeasedItem& item, ErrorCode code, Stage stage) {
    Outcome outcome;
    outcome.id = item.id;
    outcome.attempt = item.attempt;
    outcome.error = {code, "as its name says"};
    outcome.failed_stage = stage;
    return outcome;
  }

  static std::string mode() {
    const char* value = std::getenv("FAKE_WORKER");
    return value == nullptr ? "" : value;
  }

  Channel channel_;
  Setup setup_;
  Outcomes together_;  // of the lease at hand
  const std::string mode_ = mode();
};

}  // namespace
}  // namespace segfleet

int main() {
  return segfleet::FakeWorker(segfleet::UniqueFd(3)).serve();
}
