// SPDX-License-Identifier: Apache-2.0
// segment MODEL PICTURE: how much of the picture each class covers.
#include <cstdio>
#include <map>

#include "segfleet/fleet.h"

int fail(const segfleet::Error& error) {
  std::fprintf(stderr, "segment: %s\n", error.message.c_str());
  return 1;
}

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: segment MODEL PICTURE\n");
    return 2;
  }
  segfleet::FleetOptions options;
  options.model = words[1];
  auto fleet = segfleet::Fleet::open(options);  // a worker process on each device, until the fleet's end
  if (!fleet.ok()) return fail(fleet.error());

  auto result = (*fleet)->segment_path(words[2]).get();
  if (!result.ok()) return fail(result.error());

  const std::size_t pixels = std::size_t(result->size.width) * std::size_t(result->size.height);
  std::map<int, std::size_t> area;
  for (std::size_t i = 0; i < pixels; ++i) ++area[result->labels.get()[i]];
  for (const auto& [label, covered] : area)
    std::printf("class %d: %.1f %%\n", label, 100.0 * double(covered) / double(pixels));
}
