// SPDX-License-Identifier: Apache-2.0
#include "tune/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace segfleet {
namespace {

constexpr std::size_t kMostLanes = 16;

template <typename T>
Status check_list(const char* option, const std::vector<T>& values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::find(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(i), values[i]) !=
        values.begin() + static_cast<std::ptrdiff_t>(i))
      return Error{ErrorCode::invalid_argument,
                   fmt::format("{} has its value {} twice; give each once", option, i + 1)};
  return {};
}

// How far a combination is from the first values: dimensions that differ, then by how many places.
struct Ranked {
  std::size_t dimensions = 0;
  std::size_t places = 0;
  Candidate candidate;
};

std::vector<std::string> cpu_layouts(const GridFacts& facts) {
  std::vector<std::string> layouts{facts.auto_devices};
  std::size_t cores = 0;
  for (const auto& group : facts.cpu_groups) cores += group.size();
  const std::size_t groups = facts.cpu_groups.size();
  if (groups > 1) layouts.emplace_back("cpu");
  if (groups * 2 <= cores) layouts.push_back(fmt::format("cpu*{}", groups * 2));
  return layouts;
}

// The default, one, and twice the default of the layout that --devices auto gives.
std::vector<int> cpu_lanes(const GridFacts& facts) {
  const std::size_t usual = std::clamp<std::size_t>(facts.cpu_groups.front().size(), 1, 8);
  std::vector<int> lanes{0, static_cast<int>(std::min(kMostLanes, usual * 2))};
  if (usual > 1) lanes.push_back(1);
  return lanes;
}

}  // namespace

Result<std::vector<Candidate>> candidates_of(const Grid& grid,
                                             const std::map<std::string, std::string>& engine_options) {
  SEGFLEET_RETURN_IF_ERROR(check_list("--engine", grid.engines));
  SEGFLEET_RETURN_IF_ERROR(check_list("--precision", grid.precisions));
  SEGFLEET_RETURN_IF_ERROR(check_list("--devices", grid.devices));
  SEGFLEET_RETURN_IF_ERROR(check_list("--workers-per-device", grid.workers_per_device));
  SEGFLEET_RETURN_IF_ERROR(check_list("--lanes", grid.lanes));
  SEGFLEET_RETURN_IF_ERROR(check_list("--threads", grid.threads));
  SEGFLEET_RETURN_IF_ERROR(check_list("--batch", grid.batches));
  const std::vector<std::size_t> sizes{
      grid.engines.size(), grid.precisions.size(), grid.devices.size(), grid.workers_per_device.size(),
      grid.lanes.size(),   grid.threads.size(),    grid.batches.size()};
  std::size_t count = 1;
  for (const std::size_t size : sizes) count = std::min(count * size, kMostCandidates + 1);
  if (count > kMostCandidates)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("the options give more than {} combinations: name fewer values of each",
                             kMostCandidates)};
  std::vector<Ranked> ranked(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::size_t> at;
    std::size_t rest = i;
    for (const std::size_t size : sizes) {
      at.push_back(rest % size);
      rest /= size;
      ranked[i].dimensions += at.back() > 0 ? 1 : 0;
      ranked[i].places += at.back();
    }
    ranked[i].candidate = Candidate{
        grid.engines[at[0]], grid.precisions[at[1]], grid.devices[at[2]], grid.workers_per_device[at[3]],
        grid.lanes[at[4]],   grid.threads[at[5]],    grid.batches[at[6]], engine_options};
  }
  std::ranges::stable_sort(ranked, [](const Ranked& a, const Ranked& b) {
    return std::tie(a.dimensions, a.places) < std::tie(b.dimensions, b.places);
  });
  std::vector<Candidate> candidates;
  for (Ranked& entry : ranked) candidates.push_back(std::move(entry.candidate));
  return candidates;
}

Grid filled(Grid grid, const GridFacts& facts) {
  const bool devices_given = !grid.devices.empty();
  if (grid.engines.empty()) grid.engines = facts.engines;
  if (grid.precisions.empty()) {
    grid.precisions = {Precision::fp32};
    if (facts.bf16) grid.precisions.push_back(Precision::bf16);
  }
  if (!devices_given) {
    grid.devices = {facts.auto_devices};
    if (!facts.accelerators) grid.devices = cpu_layouts(facts);
  }
  const bool cpu = !facts.accelerators;
  if (grid.workers_per_device.empty()) {
    grid.workers_per_device = {1};
    if (!cpu || devices_given) grid.workers_per_device.push_back(2);
  }
  if (grid.lanes.empty())
    grid.lanes = cpu ? cpu_lanes(facts) : std::vector<int>{0, 3};  // one uploads, one computes, one downloads
  if (grid.threads.empty()) grid.threads = {0};
  if (grid.batches.empty()) grid.batches = cpu ? std::vector<int>{1, 2, 4} : std::vector<int>{1, 4, 8, 16};
  return grid;
}

}  // namespace segfleet
