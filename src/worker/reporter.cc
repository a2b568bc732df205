// SPDX-License-Identifier: Apache-2.0
#include "worker/reporter.h"

namespace segfleet {

void Reporter::send(const Message& message) {
  if (!channel_.send(message).ok()) leave_(1);
}

}  // namespace segfleet
