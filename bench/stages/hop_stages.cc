// SPDX-License-Identifier: Apache-2.0
// A picture to another process and a byte for each of its pixels back. The other process reads every pixel.
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <numeric>
#include <thread>

#include "add_stage.h"
#include "base/file.h"
#include "fleet/arena/arena.h"
#include "inputs.h"
#include "transport/channel.h"

namespace segfleet {
namespace {

// Stands in for the network: a label from every third byte.
void look_at(std::span<const std::byte> pixels, std::span<std::byte> labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = pixels[3 * i];
}

void serve_arena(Channel& channel, std::span<std::byte> arena) {
  for (;;) {
    auto message = channel.receive();
    if (!message.ok() || !message->has_value()) _exit(0);
    const LeasedItem& item = std::get<Lease>(**message).items[0];
    look_at(arena.subspan(item.picture->offset, item.picture->bytes),
            arena.subspan(item.picture->labels_offset, item.picture->labels_bytes));
    Outcome outcome;
    outcome.done = true;
    if (!channel.send(outcome).ok()) _exit(1);
  }
}

void hop(benchmark::State& state, const StageInputs& inputs) {
  const Image& picture = inputs.pictures[0];
  const std::size_t labels_bytes = picture.pixels.size() / 3;
  auto arena = Arena::create(8 * picture.pixels.size());
  auto pair = make_socketpair();
  if (!arena.ok() || !pair.ok()) must(Error{ErrorCode::internal, "no shared memory"});
  const pid_t child = fork();
  if (child == 0) {
    pair->first.reset();
    auto memory = SharedMemory::map(UniqueFd(dup((*arena)->fd())));
    if (!memory.ok()) _exit(1);
    Channel channel(std::move(pair->second));
    serve_arena(channel, memory->bytes());
  }
  pair->second.reset();
  {
    Channel channel(std::move(pair->first));
    std::vector<std::byte> labels(labels_bytes);
    for ([[maybe_unused]] auto turn : state) {
      const auto regions = (*arena)->allocate({{picture.pixels.size(), true}, {labels_bytes, true}});
      if (!regions.ok()) must(regions.error());
      std::memcpy((*regions)[0]->bytes().data(), picture.pixels.data(), picture.pixels.size());
      Lease lease;
      lease.items.push_back({1, 1, "an array", "", ArenaPicture{}});
      ArenaPicture& place = *lease.items[0].picture;
      place.offset = (*regions)[0]->offset();
      place.bytes = picture.pixels.size();
      place.labels_offset = (*regions)[1]->offset();
      place.labels_bytes = labels_bytes;
      must(channel.send(lease));
      if (const auto got = channel.receive(); !got.ok()) must(got.error());
      std::memcpy(labels.data(), (*regions)[1]->bytes().data(), labels_bytes);
    }
  }
  waitpid(child, nullptr, 0);
}

bool read_all(int fd, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::read(fd, bytes.data(), bytes.size());
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

// What multiprocessing does below its pickle: through pipes.
void hop_library(benchmark::State& state, const StageInputs& inputs) {
  const auto pixels = std::as_bytes(std::span(inputs.pictures[0].pixels));
  std::vector<std::byte> labels(pixels.size() / 3);
  int there[2];
  int back[2];
  if (pipe(there) != 0 || pipe(back) != 0) must(Error{ErrorCode::io_error, "no pipe"});
  const pid_t child = fork();
  if (child == 0) {
    ::close(there[1]);
    std::vector<std::byte> received(pixels.size());
    while (read_all(there[0], received)) {
      look_at(received, labels);
      if (!write_all(back[1], labels)) _exit(1);
    }
    _exit(0);
  }
  for ([[maybe_unused]] auto turn : state)
    if (!write_all(there[1], pixels) || !read_all(back[0], labels))
      must(Error{ErrorCode::io_error, "the pipe broke"});
  for (int fd : {there[0], there[1], back[0], back[1]}) ::close(fd);
  waitpid(child, nullptr, 0);
}

}  // namespace

void register_hop_stages(StageInputs& inputs) {
  add_stage("hop", hop, inputs, benchmark::kMillisecond)->UseRealTime();
  add_stage("hop/library", hop_library, inputs, benchmark::kMillisecond)->UseRealTime();
}

}  // namespace segfleet
