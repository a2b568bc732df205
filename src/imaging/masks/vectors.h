// SPDX-License-Identifier: Apache-2.0
// Vectors of floats, and of integers of as many lanes. Only inside of functions, never passed by value: what
// they are passed in depends on the processor that the caller was compiled for.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#define SEGFLEET_INLINE __attribute__((always_inline)) inline

namespace segfleet {

// Spelt out: GCC 12 takes no width from a template.
template <std::size_t kWidth>
struct VectorsOf;
#define SEGFLEET_VECTORS(kWidth)                                                      \
  template <>                                                                         \
  struct VectorsOf<kWidth> {                                                          \
    using Floats = float __attribute__((vector_size((kWidth) * sizeof(float))));      \
    using Ints = std::int32_t __attribute__((vector_size((kWidth) * sizeof(float)))); \
    using Shorts = std::uint16_t __attribute__((vector_size((kWidth) * 2)));          \
    using Bytes = std::uint8_t __attribute__((vector_size(kWidth)));                  \
  };
SEGFLEET_VECTORS(4)
SEGFLEET_VECTORS(8)
SEGFLEET_VECTORS(16)
#undef SEGFLEET_VECTORS

template <typename Vector, typename T>
SEGFLEET_INLINE void load(Vector& vector, const T* from) {
  std::memcpy(&vector, from, sizeof vector);
}

template <typename Vector, typename T>
SEGFLEET_INLINE void store(const Vector& vector, T* to) {
  std::memcpy(to, &vector, sizeof vector);
}

}  // namespace segfleet
