// SPDX-License-Identifier: Apache-2.0
#include "worker/reporter.h"

#include <fmt/format.h>

#include <cstdio>

namespace segfleet {

void Reporter::send(const Message& message, int attached) {
  if (!channel_.send(message, nullptr, attached).ok()) leave_(1);
}

void Reporter::give_up(const Error& error) {
  fmt::print(stderr, "segfleet-worker: {}: {}\n", name_of(error.code), error.message);
  leave_(1);
}

}  // namespace segfleet
