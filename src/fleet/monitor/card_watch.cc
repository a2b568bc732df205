// SPDX-License-Identifier: Apache-2.0
#include "fleet/monitor/card_watch.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/start_thread.h"

namespace segfleet {
namespace {

constexpr std::int64_t kHangsAfterNs = 5'000'000'000;
constexpr std::chrono::milliseconds kPatienceAtTheEnd{500};

}  // namespace

// Outlives the watch where the thread hangs.
struct CardWatch::Shared {
  Mutex mutex;
  Condition changed;
  bool end SEGFLEET_GUARDED_BY(mutex) = false;
  bool ended SEGFLEET_GUARDED_BY(mutex) = false;
  bool available SEGFLEET_GUARDED_BY(mutex) = true;  // the library is there, or was not yet tried
  std::optional<std::vector<std::string>> question SEGFLEET_GUARDED_BY(mutex);  // not yet taken up
  std::int64_t asked_ns SEGFLEET_GUARDED_BY(mutex) = 0;  // what is under way; 0: nothing
  std::vector<std::optional<CardReading>> answer SEGFLEET_GUARDED_BY(mutex);
  std::vector<std::string> notes SEGFLEET_GUARDED_BY(mutex);
  bool told_that_it_hangs SEGFLEET_GUARDED_BY(mutex) = false;

  // The next question; nothing: the end.
  std::optional<std::vector<std::string>> next() {
    const MutexLock lock(mutex);
    while (!end && !(question && available)) changed.wait(mutex);
    if (end) return std::nullopt;
    asked_ns = steady_now_ns();
    return std::exchange(question, std::nullopt);
  }
  void reply(std::vector<std::optional<CardReading>> readings, std::vector<std::string> said,
             bool is_available) {
    const MutexLock lock(mutex);
    asked_ns = 0;
    available = is_available;
    answer = std::move(readings);
    std::ranges::move(said, std::back_inserter(notes));
  }
};

CardWatch::CardWatch(std::filesystem::path library) : shared_(std::make_shared<Shared>()) {
  Result<std::thread> thread =
      start_thread([shared = shared_, library = std::move(library)] { serve(shared, library); });
  if (thread.ok()) {
    thread->detach();
    return;
  }
  shared_->reply({}, {"NVIDIA's cards are not watched: " + thread.error().message}, false);
  const MutexLock lock(shared_->mutex);
  shared_->ended = true;
}

CardWatch::~CardWatch() {
  const MutexLock lock(shared_->mutex);
  shared_->end = true;
  shared_->changed.notify_all();
  while (!shared_->ended && shared_->changed.wait_for(shared_->mutex, kPatienceAtTheEnd)) {
  }
}

void CardWatch::serve(const std::shared_ptr<Shared>& shared, const std::filesystem::path& library) {
  std::optional<Nvml> nvml;
  std::set<std::string> told;
  bool opened = false;
  while (const auto entries = shared->next()) {
    std::vector<std::string> notes;
    if (!std::exchange(opened, true))
      if (Result<Nvml> found = Nvml::open(library); found.ok()) nvml.emplace(std::move(found).value());
    std::vector<std::optional<CardReading>> readings(entries->size());
    for (std::size_t i = 0; i < entries->size() && nvml; ++i) {
      const std::optional<std::size_t> card = nvml->find((*entries)[i]);
      if (!card) continue;
      Result<CardReading> reading = nvml->read(*card);
      if (reading.ok())
        readings[i] = std::move(reading).value();
      else if (told.insert((*entries)[i]).second)
        notes.push_back(reading.error().message + "; it is not watched while that lasts");
    }
    shared->reply(std::move(readings), std::move(notes), nvml.has_value());
  }
  nvml.reset();
  const MutexLock lock(shared->mutex);
  shared->ended = true;
  shared->changed.notify_all();
}

std::vector<std::optional<CardReading>> CardWatch::exchange(std::vector<std::string> entries) {
  const MutexLock lock(shared_->mutex);
  if (!shared_->available) return {};
  if (shared_->asked_ns != 0) {
    const bool hangs = steady_now_ns() - shared_->asked_ns > kHangsAfterNs;
    if (hangs && !std::exchange(shared_->told_that_it_hangs, true))
      shared_->notes.emplace_back(
          "NVIDIA's driver does not answer: its cards are not watched; they go on computing");
    return {};
  }
  shared_->question = std::move(entries);
  shared_->changed.notify_all();
  return std::exchange(shared_->answer, {});
}

std::vector<std::string> CardWatch::take_notes() {
  const MutexLock lock(shared_->mutex);
  return std::exchange(shared_->notes, {});
}

}  // namespace segfleet
