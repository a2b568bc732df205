// SPDX-License-Identifier: Apache-2.0
// Chance that comes out the same each time: of seed, device, incarnation, call and purpose alone, never of
// the time. Thread-safety: values.
#pragma once
#include <cstdint>

namespace segfleet {

struct Draw {
  std::uint64_t seed = 0;
  std::uint64_t device = 0;       // its number
  std::uint64_t call = 0;         // of infer(), from 1
  std::uint64_t incarnation = 1;  // EngineOptions: else what one worker died of, each of its successors would

  // Uniform in [0, 1). purpose: one for each thing that is drawn in a call.
  double uniform(std::uint64_t purpose) const {
    std::uint64_t bits = mix(seed);
    for (const std::uint64_t part : {device, incarnation, call, purpose}) bits = mix(bits ^ part);
    return static_cast<double>(bits >> 11U) * 0x1p-53;
  }

 private:
  // The finaliser of SplitMix64 (Steele, Lea, Flood 2014) after its step: each bit of the input reaches all.
  static std::uint64_t mix(std::uint64_t bits) {
    bits += 0x9E3779B97F4A7C15ULL;
    bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBULL;
    return bits ^ (bits >> 31U);
  }
};

}  // namespace segfleet
