// SPDX-License-Identifier: Apache-2.0
#include "fleet/monitor/nvml.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <utility>

namespace segfleet {
namespace {

template <typename Function>
void find_function(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(::dlsym(library, name));
}

Throttle throttle_of(unsigned long long reasons) {
  if ((reasons & (nvml::kSwThermalSlowdown | nvml::kHwThermalSlowdown)) != 0) return Throttle::heat;
  if ((reasons & nvml::kHwPowerBrake) != 0) return Throttle::power;
  return (reasons & nvml::kHwSlowdown) != 0 ? Throttle::heat : Throttle::none;
}

// Whether the card is gone, rather than one figure.
bool is_gone(nvml::Return code) {
  return code == nvml::kGpuIsLost || code == nvml::kUnknown;
}

// Samples are stamped while they are asked for, and a clock is set to rights by less than this all the time.
constexpr unsigned long long kClockSlackUs = 1'000'000;

}  // namespace

Result<Nvml::Functions> Nvml::load(void* library, const std::filesystem::path& path) {
  Functions found;
  find_function(library, "nvmlInit_v2", found.init);
  find_function(library, "nvmlShutdown", found.shutdown);
  find_function(library, "nvmlErrorString", found.error_text);
  find_function(library, "nvmlDeviceGetCount_v2", found.count);
  find_function(library, "nvmlDeviceGetHandleByIndex_v2", found.handle);
  find_function(library, "nvmlDeviceGetUUID", found.uuid);
  find_function(library, "nvmlDeviceGetName", found.name);
  find_function(library, "nvmlDeviceGetUtilizationRates", found.utilization);
  find_function(library, "nvmlDeviceGetMemoryInfo", found.memory);
  find_function(library, "nvmlDeviceGetTemperature", found.temperature);
  find_function(library, "nvmlDeviceGetPowerUsage", found.power_mw);
  // The name before driver 535, which later ones keep.
  find_function(library, "nvmlDeviceGetCurrentClocksThrottleReasons", found.throttle_reasons);
  find_function(library, "nvmlDeviceGetClockInfo", found.clock_mhz);
  find_function(library, "nvmlDeviceGetMaxClockInfo", found.max_clock_mhz);
  find_function(library, "nvmlSystemGetDriverVersion", found.driver_version);
  find_function(library, "nvmlDeviceGetProcessUtilization", found.processes);
  if (found.init == nullptr || found.shutdown == nullptr || found.error_text == nullptr ||
      found.count == nullptr || found.handle == nullptr || found.uuid == nullptr)
    return Error{ErrorCode::engine_unavailable,
                 fmt::format("{} lacks functions of NVIDIA's management library", path.native())};
  return found;
}

Result<Nvml> Nvml::open(const std::filesystem::path& library) {
  // Never closed: a call that hangs may still be in it.
  void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return Error{ErrorCode::engine_unavailable, fmt::format("{} cannot be opened", library.native())};
  const Result<Functions> functions = load(handle, library);
  SEGFLEET_RETURN_IF_ERROR(functions);
  if (const nvml::Return code = functions->init(); code != nvml::kSuccess)
    return Error{ErrorCode::engine_unavailable,
                 fmt::format("{} cannot start: {}", library.native(), functions->error_text(code))};
  Nvml opened(*functions);
  SEGFLEET_RETURN_IF_ERROR(opened.list_cards());
  return opened;
}

Nvml::Nvml(Nvml&& other) noexcept
    : call_(other.call_),
      cards_(std::move(other.cards_)),
      driver_version_(std::move(other.driver_version_)),
      owned_(std::exchange(other.owned_, false)) {}

Nvml::~Nvml() {
  if (owned_) call_.shutdown();
}

Status Nvml::list_cards() {
  std::array<char, nvml::kUuidBytes> text{};
  if (call_.driver_version != nullptr && call_.driver_version(text.data(), text.size()) == nvml::kSuccess)
    driver_version_ = text.data();
  unsigned count = 0;
  if (const nvml::Return code = call_.count(&count); code != nvml::kSuccess)
    return cannot("count the cards", code);
  for (unsigned i = 0; i < count; ++i) {
    Card card;
    if (call_.handle(i, &card.handle) != nvml::kSuccess) card.handle = nullptr;
    if (card.handle != nullptr && call_.uuid(card.handle, text.data(), text.size()) == nvml::kSuccess)
      card.uuid = text.data();
    cards_.push_back(std::move(card));
  }
  return {};
}

std::string Nvml::name(std::size_t card) const {
  std::array<char, nvml::kNameBytes> text{};
  if (call_.name == nullptr || cards_[card].handle == nullptr ||
      call_.name(cards_[card].handle, text.data(), text.size()) != nvml::kSuccess)
    return "?";
  return text.data();
}

std::optional<std::size_t> Nvml::find(const std::string& entry) const {
  std::size_t number = 0;
  const char* end = entry.data() + entry.size();
  const auto parsed = std::from_chars(entry.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end)
    return number < cards_.size() ? std::optional(number) : std::nullopt;
  if (!entry.starts_with("GPU-")) return std::nullopt;
  const auto found = std::ranges::find_if(cards_, [&](const Card& c) { return c.uuid.starts_with(entry); });
  return found == cards_.end() ? std::nullopt : std::optional<std::size_t>(found - cards_.begin());
}

unsigned long long Nvml::wall_now_us() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<unsigned long long>(
      std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count());
}

// Samples of a process may be several: the newest counts.
std::optional<std::vector<ProcessShare>> Nvml::read_processes(Card& card, unsigned long long wall_us) const {
  if (call_.processes == nullptr) return std::nullopt;
  // The clock was set back: what was seen lies ahead of it, and new samples would stay unseen until then.
  if (card.processes_seen_us > wall_us + kClockSlackUs)
    card.processes_seen_us = wall_us - std::min(wall_us, kClockSlackUs);
  unsigned count = 0;
  nvml::Return code = call_.processes(card.handle, nullptr, &count, card.processes_seen_us);
  std::vector<nvml::ProcessUtilization> samples(count);
  if (code == nvml::kInsufficientSize && count > 0)
    code = call_.processes(card.handle, samples.data(), &count, card.processes_seen_us);
  if (code != nvml::kSuccess && code != nvml::kNotFound) return std::nullopt;
  samples.resize(code == nvml::kNotFound ? 0 : std::min<std::size_t>(count, samples.size()));
  std::erase_if(samples, [&](const auto& sample) { return sample.timestamp_us > wall_us + kClockSlackUs; });
  std::ranges::sort(samples, {}, &nvml::ProcessUtilization::timestamp_us);
  std::map<unsigned, double> newest;
  for (const nvml::ProcessUtilization& sample : samples)
    newest[sample.pid] = std::min(sample.sm, 100U) / 100.0;
  if (!samples.empty()) card.processes_seen_us = samples.back().timestamp_us;
  std::vector<ProcessShare> shares;
  for (const auto& [pid, share] : newest) shares.push_back({static_cast<int>(pid), share});
  return shares;
}

Result<CardReading> Nvml::read(std::size_t card, unsigned long long wall_us) {
  nvml::Device* handle = cards_[card].handle;
  if (handle == nullptr) return cannot(fmt::format("read card {}", card), nvml::kGpuIsLost);
  CardReading reading;
  nvml::Return gone = nvml::kSuccess;
  nvml::Return failed = nvml::kSuccess;
  bool tells = false;
  // Whether the figure is there; what only this card or driver does not have is no error.
  const auto got = [&](auto* function, auto... arguments) {
    if (function == nullptr || gone != nvml::kSuccess) return false;
    const nvml::Return code = function(handle, arguments...);
    if (is_gone(code)) gone = code;
    if (code != nvml::kSuccess) failed = code;
    tells = tells || code == nvml::kSuccess;
    return code == nvml::kSuccess;
  };
  DeviceSample& sample = reading.sample;
  nvml::Utilization utilization;
  if (got(call_.utilization, &utilization)) sample.utilization = std::min(utilization.gpu, 100U) / 100.0;
  nvml::Memory memory;
  if (got(call_.memory, &memory)) {
    sample.memory_used_bytes = memory.used;
    sample.memory_total_bytes = memory.total;
  }
  unsigned value = 0;
  if (got(call_.temperature, nvml::kTemperatureGpu, &value)) sample.temperature_c = value;
  if (got(call_.power_mw, &value)) sample.power_w = value / 1000.0;
  unsigned long long reasons = 0;
  if (got(call_.throttle_reasons, &reasons)) {
    reading.throttle = throttle_of(reasons);
    sample.throttled = reading.throttle != Throttle::none;
  }
  unsigned highest = 0;
  if (got(call_.clock_mhz, nvml::kClockSm, &value) && got(call_.max_clock_mhz, nvml::kClockSm, &highest) &&
      highest > 0)
    reading.clock_share = std::min(1.0, static_cast<double>(value) / highest);
  if (gone == nvml::kSuccess && !tells) gone = failed;
  if (gone != nvml::kSuccess) return cannot(fmt::format("read card {}", card), gone);
  reading.processes = read_processes(cards_[card], wall_us);
  return reading;
}

Error Nvml::cannot(std::string_view what, nvml::Return code) const {
  return {ErrorCode::device_lost,
          fmt::format("NVIDIA's management library cannot {}: {}", what, call_.error_text(code))};
}

}  // namespace segfleet
