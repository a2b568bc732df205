// SPDX-License-Identifier: Apache-2.0
// Counts the allocations of a process, told apart by who asked: the program itself and segfleet's own shared
// objects, or a library that they call. What libstdc++ and libfmt allocate counts for whoever called them.
//   COUNT_ALLOCATIONS=FOLDER LD_PRELOAD=libcount_allocations.so program
// FOLDER/NAME-PID holds two u64 (own, libraries'), then 1022 pairs of u64: a place in the object that asked,
// 0 where unused, and how often. The file is a mapping: it is right however the process ends. Only places in
// the program itself have pairs. Bench only: an allocation costs microseconds more.
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* old, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
}

namespace {

struct Site {
  std::atomic<std::uint64_t> place;
  std::atomic<std::uint64_t> count;
};
struct Books {
  std::atomic<std::uint64_t> own;
  std::atomic<std::uint64_t> of_libraries;
  std::array<Site, 1022> sites;
};

std::atomic<Books*> books = nullptr;
// Finding the caller allocates, too.
__attribute__((tls_model("initial-exec"))) thread_local bool counting = false;

enum class Asker { program, ours, library, passed_on };

Asker asker(const dl_find_object& object) {
  const char* path = object.dlfo_link_map->l_name;
  if (path == nullptr || *path == '\0') return Asker::program;
  const char* slash = std::strrchr(path, '/');
  const char* name = slash == nullptr ? path : slash + 1;
  if (std::strncmp(name, "libsegfleet", 11) == 0) return Asker::ours;
  for (const char* passing :
       {"libstdc++.", "libc.", "libgcc_s.", "libfmt.", "ld-linux", "libcount_allocations."})
    if (std::strncmp(name, passing, std::strlen(passing)) == 0) return Asker::passed_on;
  return Asker::library;
}

void count_place(Books& all, std::uint64_t place) {
  for (Site& site : all.sites) {
    std::uint64_t unused = 0;
    if (site.place.load() != place && !site.place.compare_exchange_strong(unused, place) && unused != place)
      continue;
    ++site.count;
    return;
  }
}

void count_allocation(Books& all) {
  std::array<void*, 16> frames;
  const int depth = backtrace(frames.data(), int(frames.size()));
  for (int i = 1; i < depth; ++i) {
    dl_find_object object{};
    if (_dl_find_object(frames[std::size_t(i)], &object) != 0) continue;
    const Asker who = asker(object);
    if (who == Asker::passed_on) continue;
    if (who == Asker::library) break;
    ++all.own;
    // The call itself, not what comes after it.
    if (who == Asker::program)
      count_place(all, std::uint64_t(frames[std::size_t(i)]) - object.dlfo_link_map->l_addr - 1);
    return;
  }
  ++all.of_libraries;
}

void count() {
  Books* all = books.load();
  if (all == nullptr || counting) return;
  counting = true;
  const int error = errno;
  count_allocation(*all);
  errno = error;
  counting = false;
}

__attribute__((constructor)) void open_books() {
  const char* folder = std::getenv("COUNT_ALLOCATIONS");
  if (folder == nullptr) return;
  std::array<char, 4096> path;
  std::snprintf(path.data(), path.size(), "%s/%s-%d", folder, program_invocation_short_name, getpid());
  const int fd = open(path.data(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0 || ftruncate(fd, sizeof(Books)) != 0) return;
  void* memory = mmap(nullptr, sizeof(Books), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory != MAP_FAILED) books = static_cast<Books*>(memory);
}

}  // namespace

extern "C" {

void* malloc(std::size_t bytes) {
  count();
  return __libc_malloc(bytes);
}

void* calloc(std::size_t number, std::size_t bytes) {
  count();
  return __libc_calloc(number, bytes);
}

void* realloc(void* old, std::size_t bytes) {
  count();
  return __libc_realloc(old, bytes);
}

void* memalign(std::size_t alignment, std::size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** place, std::size_t alignment, std::size_t bytes) {
  count();
  *place = __libc_memalign(alignment, bytes);
  return *place == nullptr ? ENOMEM : 0;
}

}  // extern "C"
