// SPDX-License-Identifier: Apache-2.0
#include "worker/reporter.h"

namespace segfleet {

void Reporter::send(const Message& message, int attached) {
  if (!channel_.send(message, nullptr, attached).ok()) leave_(1);
}

}  // namespace segfleet
