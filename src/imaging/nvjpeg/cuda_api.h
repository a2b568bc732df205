// SPDX-License-Identifier: Apache-2.0
// The part of CUDA's driver library that segfleet calls: its C interface, which stays as it is from driver to
// driver, declared here so that nothing of NVIDIA's is needed to build.
#pragma once
#include <cstddef>

namespace segfleet::cuda {

using Return = int;
using Device = int;
using OnCard = void*;  // an address on the card; the driver's own type is an integer, handed over alike
struct Context;        // opaque
struct Stream;         // opaque; CUDA's runtime library calls it cudaStream_t

inline constexpr Return kSuccess = 0;
inline constexpr Return kOutOfMemory = 2;
inline constexpr unsigned kBlockingSync = 4;  // of a context: a thread that waits for the card sleeps
inline constexpr unsigned kNonBlocking = 1;   // of a stream: it waits for no other, and none for it
inline constexpr unsigned kPortable = 1;      // of page-locked memory: such for every context

struct Functions {
  Return (*init)(unsigned) = nullptr;
  Return (*device)(Device*, int) = nullptr;
  Return (*set_context_flags)(Device, unsigned) = nullptr;
  Return (*retain_context)(Context**, Device) = nullptr;
  Return (*release_context)(Device) = nullptr;
  Return (*set_context)(Context*) = nullptr;
  Return (*create_stream)(Stream**, unsigned) = nullptr;
  Return (*destroy_stream)(Stream*) = nullptr;
  Return (*wait_for_stream)(Stream*) = nullptr;
  Return (*allocate)(OnCard*, std::size_t) = nullptr;
  Return (*free)(OnCard) = nullptr;
  Return (*allocate_host)(void**, std::size_t, unsigned) = nullptr;
  Return (*free_host)(void*) = nullptr;
  Return (*copy_to_host)(void*, OnCard, std::size_t, Stream*) = nullptr;
  Return (*error_name)(Return, const char**) = nullptr;
};

}  // namespace segfleet::cuda
