// SPDX-License-Identifier: Apache-2.0
#include "worker/worker.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "worker/session.h"

namespace segfleet {
namespace {

Result<SharedMemory> map_inherited_arena() {
  if (::fcntl(kWorkerArenaFd, F_SETFD, FD_CLOEXEC) != 0)
    return Error{ErrorCode::protocol_error, "the setup names an arena, but the worker has inherited none"};
  return SharedMemory::map(UniqueFd(kWorkerArenaFd));
}

}  // namespace

int run_worker(UniqueFd socket, const WorkerHost& host) {
  // _exit: threads may be inside the engine, and nothing that is buffered here is worth keeping.
  const auto open_nvjpeg = [&] { return Nvjpeg::open(nvjpeg_libraries(host.library_folders)); };
  Session session(std::move(socket),
                  {host.open_engine, map_inherited_arena, open_nvjpeg, [](int status) { ::_exit(status); }});
  return session.run();
}

}  // namespace segfleet
