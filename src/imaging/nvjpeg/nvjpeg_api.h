// SPDX-License-Identifier: Apache-2.0
// The part of nvJPEG that segfleet calls, declared here so that nothing of NVIDIA's is needed to build. The
// same in nvJPEG 12 and 13.
#pragma once
#include <cstddef>
#include <cstdint>

#include "imaging/nvjpeg/cuda_api.h"

namespace segfleet::nvjpeg {

using Return = int;
struct Handle;  // opaque: the library, for all threads
struct State;   // opaque: what one picture at a time is decoded with

inline constexpr Return kSuccess = 0;
inline constexpr Return kBadJpeg = 3;
inline constexpr Return kJpegNotSupported = 4;
inline constexpr Return kAllocatorFailure = 5;
inline constexpr Return kImplementationNotSupported = 9;
inline constexpr Return kIncompleteBitstream = 10;

inline constexpr int kDefaultBackend = 0;
inline constexpr int kInterleavedBgr = 6;  // into channel 0
inline constexpr int kMajorVersion = 0;
inline constexpr int kMinorVersion = 1;
inline constexpr int kPatchLevel = 2;

// Of a handle.
inline constexpr unsigned kStrictBitstream = 4;          // an error instead of a guess
inline constexpr unsigned kInterpolatedUpsampling = 32;  // of chroma, as libjpeg; from 12.1 on

struct Image {
  std::uint8_t* channel[4] = {};  // on the card
  std::size_t pitch[4] = {};      // bytes from row to row
};

struct Functions {
  Return (*property)(int, int*) = nullptr;
  Return (*create)(int, void*, void*, unsigned, Handle**) = nullptr;  // the two: allocators, null for CUDA's
  Return (*destroy)(Handle*) = nullptr;
  Return (*create_state)(Handle*, State**) = nullptr;
  Return (*destroy_state)(State*) = nullptr;
  // Reads `data` before it returns; the pixels are there when the stream has been waited for.
  Return (*decode)(Handle*, State*, const std::uint8_t* data, std::size_t bytes, int format, Image*,
                   cuda::Stream*) = nullptr;
};

}  // namespace segfleet::nvjpeg
