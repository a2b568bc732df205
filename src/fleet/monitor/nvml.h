// SPDX-License-Identifier: Apache-2.0
// NVIDIA cards as their driver's library sees them. Needs no CUDA context and no card of its own to build; a
// call may hang with its driver (card_watch.h). Thread-safety: one thread at a time.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fleet/monitor/nvml_api.h"
#include "segfleet/error.h"
#include "segfleet/run.h"

namespace segfleet {

enum class Throttle { none, heat, power };

struct ProcessShare {
  int pid = 0;       // as the host counts
  double share = 0;  // of the card's time, 0 to 1
};

struct CardReading {
  DeviceSample sample;
  std::optional<std::vector<ProcessShare>>
      processes;  // that computed since the last reading; nothing: not told
  Throttle throttle = Throttle::none;
  std::optional<double> clock_share;  // of the highest clock, 0 to 1
};

inline constexpr const char* kNvmlLibrary = "libnvidia-ml.so.1";

class Nvml {
 public:
  // Errors: engine_unavailable where the library is not there, lacks a function or cannot start.
  static Result<Nvml> open(const std::filesystem::path& library = kNvmlLibrary);
  Nvml(Nvml&& other) noexcept;
  Nvml& operator=(Nvml&&) = delete;
  ~Nvml();

  const std::string& driver_version() const { return driver_version_; }  // empty: not told
  std::size_t count() const { return cards_.size(); }
  std::string name(std::size_t card) const;

  // The card that an entry of CUDA_VISIBLE_DEVICES means: a number in the order of the PCI bus, or the
  // beginning of a UUID. Nothing where it is none of them, as for a part of a card (MIG).
  std::optional<std::size_t> find(const std::string& entry) const;

  // What a card does not tell is left out. `wall_us`: now, on the wall clock, which stamps what processes
  // did. Errors: device_lost where it does not answer any more, or tells nothing at all.
  Result<CardReading> read(std::size_t card, unsigned long long wall_us = wall_now_us());

 private:
  struct Functions {
    nvml::Return (*init)() = nullptr;
    nvml::Return (*shutdown)() = nullptr;
    const char* (*error_text)(nvml::Return) = nullptr;
    nvml::Return (*count)(unsigned*) = nullptr;
    nvml::Return (*handle)(unsigned, nvml::Device**) = nullptr;
    nvml::Return (*uuid)(nvml::Device*, char*, unsigned) = nullptr;
    nvml::Return (*name)(nvml::Device*, char*, unsigned) = nullptr;
    nvml::Return (*utilization)(nvml::Device*, nvml::Utilization*) = nullptr;
    nvml::Return (*memory)(nvml::Device*, nvml::Memory*) = nullptr;
    nvml::Return (*temperature)(nvml::Device*, int, unsigned*) = nullptr;
    nvml::Return (*power_mw)(nvml::Device*, unsigned*) = nullptr;
    nvml::Return (*throttle_reasons)(nvml::Device*, unsigned long long*) = nullptr;
    nvml::Return (*clock_mhz)(nvml::Device*, int, unsigned*) = nullptr;
    nvml::Return (*max_clock_mhz)(nvml::Device*, int, unsigned*) = nullptr;
    nvml::Return (*driver_version)(char*, unsigned) = nullptr;
    nvml::Return (*processes)(nvml::Device*, nvml::ProcessUtilization*, unsigned*,
                              unsigned long long) = nullptr;
  };
  struct Card {
    nvml::Device* handle = nullptr;  // null: the driver has it, but gives no hold on it
    std::string uuid;
    unsigned long long processes_seen_us = 0;  // of the newest sample, on the driver's clock
  };

  explicit Nvml(const Functions& functions) : call_(functions) {}
  static Result<Functions> load(void* library, const std::filesystem::path& path);
  Status list_cards();
  std::optional<std::vector<ProcessShare>> read_processes(Card& card, unsigned long long wall_us) const;
  static unsigned long long wall_now_us();
  Error cannot(std::string_view what, nvml::Return code) const;

  Functions call_;
  std::vector<Card> cards_;
  std::string driver_version_;
  bool owned_ = true;  // of the library's start
};

}  // namespace segfleet
