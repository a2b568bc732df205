// SPDX-License-Identifier: Apache-2.0
// Stands for NVIDIA's management library: two cards that say what the file $STAND_IN_NVML has, read anew at
// each call. A line: FUNCTION CARD CODE VALUE, such as "nvmlDeviceGetTemperature 1 0 87"; of functions
// without a card, CARD is 0. CODE "hang": the call returns when the line is gone. What has no line is well.
// "PROCESS CARD PID PERCENT [AT_US]": a process on the card, one line each; without a time they are always
// new.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fleet/monitor/nvml_api.h"

namespace {

using segfleet::nvml::Device;
using segfleet::nvml::Return;

struct Line {
  std::string code;
  unsigned long long value = 0;
};

// The script's lines of that function and card, each behind these two words.
std::vector<std::istringstream> lines_of(const std::string& function, unsigned card) {
  const char* path = std::getenv("STAND_IN_NVML");
  std::ifstream file(path == nullptr ? "" : path);
  std::vector<std::istringstream> lines;
  for (std::string text; std::getline(file, text);) {
    std::istringstream words(text);
    std::string name;
    unsigned of_card = 0;
    words >> name >> of_card;
    if (name == function && of_card == card) lines.push_back(std::move(words));
  }
  return lines;
}

std::optional<Line> find_line(const std::string& function, unsigned card) {
  std::vector<std::istringstream> lines = lines_of(function, card);
  if (lines.empty()) return std::nullopt;
  Line line;
  lines.front() >> line.code >> line.value;
  return line;
}

// What the script says of a call; `value` is only changed where it says one.
Return scripted(const std::string& function, unsigned card, unsigned long long& value) {
  std::optional<Line> line = find_line(function, card);
  while (line && line->code == "hang") {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    line = find_line(function, card);
  }
  if (!line) return segfleet::nvml::kSuccess;
  value = line->value;
  return std::atoi(line->code.c_str());
}

template <typename T>
Return scripted_as(const std::string& function, unsigned card, unsigned long long usual, T* into) {
  const Return code = scripted(function, card, usual);
  if (code == segfleet::nvml::kSuccess) *into = static_cast<T>(usual);
  return code;
}

#ifndef STAND_IN_OLD_DRIVER
std::vector<segfleet::nvml::ProcessUtilization> processes_of(unsigned card) {
  std::vector<segfleet::nvml::ProcessUtilization> processes;
  for (std::istringstream& line : lines_of("PROCESS", card)) {
    segfleet::nvml::ProcessUtilization& process = processes.emplace_back();
    line >> process.pid >> process.sm >> process.timestamp_us;
  }
  return processes;
}
#endif

unsigned card_of(Device* device) {
  return static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(device) - 1);
}

Return text_into(const std::string& text, char* into, unsigned size) {
  std::strncpy(into, text.c_str(), size - 1);
  into[size - 1] = '\0';
  return segfleet::nvml::kSuccess;
}

}  // namespace

extern "C" {
Return nvmlInit_v2() {
  unsigned long long none = 0;
  return scripted("nvmlInit_v2", 0, none);
}
Return nvmlShutdown() {
  return segfleet::nvml::kSuccess;
}
const char* nvmlErrorString(Return code) {
  return code == segfleet::nvml::kGpuIsLost ? "GPU is lost" : "Unknown Error";
}
Return nvmlDeviceGetCount_v2(unsigned* count) {
  return scripted_as("nvmlDeviceGetCount_v2", 0, 2, count);
}
Return nvmlDeviceGetHandleByIndex_v2(unsigned index, Device** device) {
  *device = reinterpret_cast<Device*>(static_cast<std::uintptr_t>(index) + 1);
  unsigned long long none = 0;
  return scripted("nvmlDeviceGetHandleByIndex_v2", index, none);
}
Return nvmlDeviceGetUUID(Device* device, char* uuid, unsigned size) {
  return text_into("GPU-" + std::to_string(card_of(device)) + "aa-0000", uuid, size);
}
Return nvmlDeviceGetName(Device* /*device*/, char* name, unsigned size) {
  return text_into("Stand-in card", name, size);
}
Return nvmlSystemGetDriverVersion(char* version, unsigned size) {
  return text_into("999.1", version, size);
}
Return nvmlDeviceGetUtilizationRates(Device* device, segfleet::nvml::Utilization* rates) {
  return scripted_as("nvmlDeviceGetUtilizationRates", card_of(device), 50, &rates->gpu);
}
Return nvmlDeviceGetMemoryInfo(Device* device, segfleet::nvml::Memory* memory) {
  memory->total = 1000;
  return scripted_as("nvmlDeviceGetMemoryInfo", card_of(device), 100, &memory->used);
}
Return nvmlDeviceGetTemperature(Device* device, int /*sensor*/, unsigned* degrees) {
  return scripted_as("nvmlDeviceGetTemperature", card_of(device), 40, degrees);
}
Return nvmlDeviceGetPowerUsage(Device* device, unsigned* milliwatts) {
  return scripted_as("nvmlDeviceGetPowerUsage", card_of(device), 250'500, milliwatts);
}
Return nvmlDeviceGetCurrentClocksThrottleReasons(Device* device, unsigned long long* reasons) {
  return scripted_as("nvmlDeviceGetCurrentClocksThrottleReasons", card_of(device), 0, reasons);
}
Return nvmlDeviceGetClockInfo(Device* device, int /*type*/, unsigned* megahertz) {
  return scripted_as("nvmlDeviceGetClockInfo", card_of(device), 2000, megahertz);
}
Return nvmlDeviceGetMaxClockInfo(Device* device, int /*type*/, unsigned* megahertz) {
  return scripted_as("nvmlDeviceGetMaxClockInfo", card_of(device), 2000, megahertz);
}
#ifndef STAND_IN_OLD_DRIVER
// Without room for all it says how much is needed. A sample is given once: those not newer than `since_us`
// are left out.
Return nvmlDeviceGetProcessUtilization(Device* device, segfleet::nvml::ProcessUtilization* into,
                                       unsigned* count, unsigned long long since_us) {
  unsigned long long none = 0;
  const unsigned card = card_of(device);
  const Return code = scripted("nvmlDeviceGetProcessUtilization", card, none);
  if (code != segfleet::nvml::kSuccess) return code;
  auto processes = processes_of(card);
  for (std::size_t i = 0; i < processes.size(); ++i)
    if (processes[i].timestamp_us == 0) processes[i].timestamp_us = since_us + 1 + i;
  std::erase_if(processes, [&](const auto& process) { return process.timestamp_us <= since_us; });
  if (processes.empty()) return segfleet::nvml::kNotFound;
  const unsigned room = into == nullptr ? 0 : *count;
  *count = static_cast<unsigned>(processes.size());
  if (room < processes.size()) return segfleet::nvml::kInsufficientSize;
  std::ranges::copy(processes, into);
  return segfleet::nvml::kSuccess;
}
#endif
}
