// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/device.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "fleet/device/accelerator_cores.h"
#include "fleet/device/core_list.h"
#include "fleet/device/cpu_quota.h"
#include "fleet/device/cpu_topology.h"
#include "fleet/device/device_spec.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMostDevices = 10'000;

std::string kind_of(const std::string& name) {
  return name.substr(0, name.find(':'));
}

Error bad(std::string message) {
  return {ErrorCode::invalid_argument, "--devices: " + std::move(message)};
}

// Turns the words into devices. One object for one call.
class Resolver {
 public:
  Resolver(const std::vector<int>& cores, const std::vector<EngineDevice>& found, const fs::path& root)
      : cores_(cores), found_(found), root_(root) {}

  Result<std::vector<Device>> resolve(const std::vector<DeviceWord>& words) {
    for (const DeviceWord& word : words) {
      SEGFLEET_RETURN_IF_ERROR(word.kind == "auto"  ? add_auto()
                               : word.kind == "cpu" ? add_cpu(word)
                               : word.kind == "sim" ? add_simulated(word)
                                                    : add_accelerators(word));
      if (devices_.size() > kMostDevices) return bad(fmt::format("more than {} devices", kMostDevices));
    }
    SEGFLEET_RETURN_IF_ERROR(check_names());
    give_cores_to_accelerators();
    return std::move(devices_);
  }

 private:
  Status add_auto() {
    if (found_.empty()) return add_groups(CpuTopology(cores_, root_).split_for_throughput());
    for (const EngineDevice& device : found_) add_accelerator(device.name);
    return {};
  }

  Status add_cpu(const DeviceWord& word) {
    if (word.count > 0) {
      const auto groups = static_cast<std::size_t>(word.count);
      if (groups > cores_.size())
        return bad(fmt::format("\"{}\" asks for {} groups of {} allowed cores ({}); write cpu*{} or fewer",
                               word.text, groups, cores_.size(), format_core_list(cores_), cores_.size()));
      return add_groups(CpuTopology(cores_, root_).split(groups));
    }
    if (word.numbers.empty()) return add_groups({cores_});
    std::vector<int> numbers = word.numbers;
    std::sort(numbers.begin(), numbers.end());
    if (std::adjacent_find(numbers.begin(), numbers.end()) != numbers.end())
      return bad(fmt::format("\"{}\" names a core twice; name each core once", word.text));
    for (const int core : numbers) {
      if (!std::binary_search(cores_.begin(), cores_.end(), core))
        return Error{ErrorCode::device_unknown,
                     fmt::format("--devices: core {} of \"{}\" is not one that this process "
                                 "may use; it may use cpu:{}",
                                 core, word.text, format_core_list(cores_))};
    }
    return add_groups({numbers});
  }

  Status add_groups(std::vector<std::vector<int>> groups) {
    for (auto& group : groups) {
      for (const int core : group) {
        if (!cpu_cores_.insert(core).second)
          return bad(fmt::format("two cpu devices would share core {}; give each its own cores", core));
      }
      devices_.push_back({"cpu:" + format_core_list(group), "cpu", std::move(group)});
    }
    return {};
  }

  Status add_simulated(const DeviceWord& word) {
    std::vector<int> numbers = word.numbers;
    for (int i = 0; i < word.count; ++i) numbers.push_back(i);
    if (numbers.empty()) numbers.push_back(0);
    for (const int number : numbers) {
      const std::string name = fmt::format("sim:{}", number);
      devices_.push_back({name, name, cores_});
    }
    return {};
  }

  Status add_accelerators(const DeviceWord& word) {
    if (word.count > 0)
      return bad(
          fmt::format("\"{}\": only cpu and sim can be multiplied; name the devices, for example {}:0,1",
                      word.text, word.kind));
    std::size_t added = 0;
    for (const EngineDevice& device : found_) {
      if (!word.numbers.empty() || kind_of(device.name) != word.kind) continue;
      add_accelerator(device.name);
      ++added;
    }
    if (word.numbers.empty()) return added > 0 ? Status() : unknown(word.kind);
    for (const int number : word.numbers) {
      const std::string name = fmt::format("{}:{}", word.kind, number);
      if (std::none_of(found_.begin(), found_.end(), [&](const EngineDevice& d) { return d.name == name; }))
        return unknown(name);
      add_accelerator(name);
    }
    return {};
  }

  void add_accelerator(const std::string& name) {
    accelerators_.push_back(devices_.size());
    devices_.push_back({name, name, {}});
  }

  Error unknown(const std::string& name) const {
    std::vector<std::string> there{"cpu:" + format_core_list(cores_)};
    for (const EngineDevice& device : found_)
      there.push_back(device.description.empty() ? device.name
                                                 : fmt::format("{} ({})", device.name, device.description));
    return {ErrorCode::device_unknown,
            fmt::format("--devices: {} is not on this machine, or its engine does not find it; there are: {}",
                        name, fmt::join(there, ", "))};
  }

  Status check_names() const {
    std::set<std::string> names;
    for (const Device& device : devices_) {
      if (!names.insert(device.name).second)
        return bad(
            fmt::format("{} is named twice; for two workers on it use --workers-per-device 2", device.name));
    }
    return {};
  }

  void give_cores_to_accelerators() {
    std::vector<int> free;
    for (const int core : cores_)
      if (!cpu_cores_.contains(core)) free.push_back(core);
    std::vector<std::string> names;
    for (const std::size_t index : accelerators_) names.push_back(devices_[index].name);
    const auto gpus = std::count_if(found_.begin(), found_.end(),
                                    [](const EngineDevice& d) { return kind_of(d.name) == "gpu"; });
    const auto shares =
        cores_of_accelerators(names, free.empty() ? cores_ : free, static_cast<std::size_t>(gpus), root_);
    for (std::size_t i = 0; i < accelerators_.size(); ++i) devices_[accelerators_[i]].cores = shares[i];
  }

  const std::vector<int>& cores_;
  const std::vector<EngineDevice>& found_;
  const fs::path& root_;
  std::vector<Device> devices_;
  std::vector<std::size_t> accelerators_;  // index into devices_
  std::set<int> cpu_cores_;                // that cpu devices have
};

}  // namespace

std::vector<int> allowed_cores(const fs::path& root) {
  std::vector<int> cores;
  for (int most = 1024; cores.empty() && most <= kMostCores;
       most *= 4) {  // EINVAL: the kernel's mask is larger
    cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(most));
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(most));
    if (set == nullptr) break;
    if (::sched_getaffinity(0, bytes, set) == 0) {
      for (int core = 0; core < most; ++core)
        if (CPU_ISSET_S(static_cast<std::size_t>(core), bytes, set)) cores.push_back(core);
    }
    CPU_FREE(set);
  }
  if (cores.empty()) cores.push_back(0);
  return cut_to_quota(cores, root);
}

std::vector<int> cut_to_quota(const std::vector<int>& cores, const fs::path& root) {
  const auto quota = cpu_quota(root);
  if (!quota || *quota >= static_cast<double>(cores.size())) return cores;
  return CpuTopology(cores, root).choose(static_cast<std::size_t>(std::max(1.0, std::ceil(*quota))));
}

Result<std::vector<Device>> parse_devices(const std::string& spec, const std::vector<int>& cores,
                                          const std::vector<EngineDevice>& found, const fs::path& root) {
  const auto words = parse_device_spec(spec);
  if (!words) return words.error();
  std::vector<int> ascending = cores;
  std::sort(ascending.begin(), ascending.end());
  return Resolver(ascending, found, root).resolve(*words);
}

}  // namespace segfleet
