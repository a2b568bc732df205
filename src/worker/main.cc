// SPDX-License-Identifier: Apache-2.0
// segfleet-worker: what the coordinator starts, once for each device, for engines that are shared objects.
// Not meant to be started by hand.
#include "engine/registry.h"
#include "worker/worker_main.h"

int main(int argc, char** argv) {
  return segfleet::worker_main(argc, argv, {segfleet::open_engine_factory});
}
