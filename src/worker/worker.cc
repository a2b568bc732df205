// SPDX-License-Identifier: Apache-2.0
#include "worker/worker.h"

#include <unistd.h>

#include <utility>

#include "worker/session.h"

namespace segfleet {

int run_worker(UniqueFd socket, const OpenEngine& open_engine) {
  // _exit: threads may be inside the engine, and nothing that is buffered here is worth keeping.
  Session session(std::move(socket), {open_engine, [](int status) { ::_exit(status); }});
  return session.run();
}

}  // namespace segfleet
