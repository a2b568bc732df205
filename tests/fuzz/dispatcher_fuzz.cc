// SPDX-License-Identifier: Apache-2.0
// Jobs of the simulated machine from seeds that the fuzzer invents. A broken promise names its seed; then
// SEGFLEET_SEED=n build/dev/tests/dispatcher_simulation_test replays it.
#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "dispatcher_world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t seed = 0;
  std::memcpy(&seed, data, std::min(size, sizeof seed));
  segfleet::World world(seed);
  world.run();
  if (world.complaint().empty()) return 0;
  std::fprintf(stderr, "%s: replay with SEGFLEET_SEED=%" PRIu64 "\n", world.complaint().c_str(), seed);
  std::abort();
}
