// SPDX-License-Identifier: Apache-2.0
// Pictures and label maps in memory. Thread-safety: plain data, no internal locking.
#pragma once
#include <cstdint>
#include <vector>

namespace segfleet {

struct Size {
  int width = 0;   // pixels
  int height = 0;  // pixels
  friend bool operator==(const Size&, const Size&) = default;
};

// H×W×3, 8 bits, blue-green-red, rows without gaps: what cv2.imread(IMREAD_COLOR) gives.
struct Image {
  Size size;
  std::vector<std::uint8_t> pixels;  // size.height * size.width * 3 bytes
};

// The same, borrowed: the owner must outlive the view.
struct ImageView {
  Size size;
  const std::uint8_t* pixels = nullptr;
};

// H×W class indices, 8 bits, rows without gaps. Indices above 255 wrap, as in PaddleSeg's own PNGs.
struct LabelMap {
  Size size;
  std::vector<std::uint8_t> labels;  // size.height * size.width bytes
};

// H×W, 8 bits, rows without gaps: round(255 p), p the probability of the class that the label map has there.
struct ConfidenceMap {
  Size size;
  std::vector<std::uint8_t> levels;  // size.height * size.width bytes
};

// Refused before anything is allocated.
struct DecodeLimits {
  std::uint64_t max_file_bytes = 512ull << 20;
  std::uint64_t max_pixels = 256ull << 20;  // 768 MiB as BGR
  int max_side = 65500;                     // pixels; libjpeg's own limit
  int max_jpeg_scans = 100;                 // progressive JPEG bombs have thousands
};

}  // namespace segfleet
