// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/visible_device.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace segfleet {
namespace {

struct Kind {
  std::string_view name;
  const char* variable;
};
// What each vendor's runtime reads.
constexpr std::array<Kind, 6> kKinds{{{"gpu", "CUDA_VISIBLE_DEVICES"},
                                      {"dcu", "HIP_VISIBLE_DEVICES"},
                                      {"xpu", "XPU_VISIBLE_DEVICES"},
                                      {"npu", "ASCEND_RT_VISIBLE_DEVICES"},
                                      {"mlu", "MLU_VISIBLE_DEVICES"},
                                      {"gcu", "TOPS_VISIBLE_DEVICES"}}};

std::vector<std::string> entries_of(std::string_view list) {
  std::vector<std::string> entries;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    entries.emplace_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return entries;
}

// The entry of this process's own list that the number means: a number, or a UUID.
Result<std::string> entry_of(const Kind& kind, std::size_t number, const char* list) {
  if (list == nullptr) return std::to_string(number);
  const std::vector<std::string> entries = entries_of(list);
  if (number < entries.size()) return entries[number];
  return Error{ErrorCode::device_unknown,
               fmt::format("{}:{} is not there: {}={} shows {} of that kind to this process", kind.name,
                           number, kind.variable, list, entries.size())};
}

}  // namespace

Result<std::vector<std::string>> visible_device(const std::string& device,
                                                const std::function<const char*(const char*)>& variable) {
  std::vector<std::string> lines;
  const std::size_t colon = device.find(':');
  const std::string_view name = std::string_view(device).substr(0, colon);
  for (const Kind& kind : kKinds) {
    if (kind.name != name) continue;
    const std::size_t number =
        colon == std::string::npos ? 0 : std::strtoul(device.c_str() + colon + 1, nullptr, 10);
    const Result<std::string> entry = entry_of(kind, number, variable(kind.variable));
    SEGFLEET_RETURN_IF_ERROR(entry);
    lines.push_back(fmt::format("{}={}", kind.variable, *entry));
    if (kind.name == "gpu" && variable("CUDA_DEVICE_ORDER") == nullptr)
      lines.emplace_back("CUDA_DEVICE_ORDER=PCI_BUS_ID");
  }
  // A worker on the CPU must not open a card.
  if (name == "cpu") lines.emplace_back("CUDA_VISIBLE_DEVICES=");
  return lines;
}

std::string visible_cuda_card(const std::vector<std::string>& lines,
                              const std::function<const char*(const char*)>& variable) {
  constexpr std::string_view kVariable = "CUDA_VISIBLE_DEVICES=";
  const char* order = variable("CUDA_DEVICE_ORDER");
  const bool own_order = order != nullptr && std::string_view(order) != "PCI_BUS_ID";
  for (const std::string& line : lines) {
    if (!line.starts_with(kVariable)) continue;
    std::string entry = line.substr(kVariable.size());
    const bool number = entry.find_first_not_of("0123456789") == std::string::npos;
    return number && own_order ? "" : entry;
  }
  return "";
}

}  // namespace segfleet
