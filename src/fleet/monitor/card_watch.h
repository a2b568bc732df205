// SPDX-License-Identifier: Apache-2.0
// Reads NVIDIA cards on a thread of its own: a driver that hangs holds up nothing but that thread, also at
// the end. Thread-safety: one thread at a time.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/monitor/nvml.h"

namespace segfleet {

class CardWatch {
 public:
  // Opens the library; that may hang, too, so it says nothing.
  explicit CardWatch(std::filesystem::path library = kNvmlLibrary);
  CardWatch(const CardWatch&) = delete;
  CardWatch& operator=(const CardWatch&) = delete;
  ~CardWatch();  // waits for a call that is under way, but not for one that hangs

  // Asks for new readings of these cards (entries of CUDA_VISIBLE_DEVICES; "": none), and gives those that
  // the last question brought, in the order of that question; nothing for what could not be read, or while
  // the driver has not answered.
  std::vector<std::optional<CardReading>> exchange(std::vector<std::string> entries);

  // What went wrong since the last call: that the driver hangs, a card that does not answer. Each once.
  std::vector<std::string> take_notes();

 private:
  struct Shared;
  static void serve(const std::shared_ptr<Shared>& shared, const std::filesystem::path& library);

  std::shared_ptr<Shared> shared_;
};

}  // namespace segfleet
