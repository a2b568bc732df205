// SPDX-License-Identifier: Apache-2.0
#include "imaging/encode/encode.h"

namespace segfleet {
namespace {

// The Pascal VOC colour rule: the label's bits, three at a time, become the high bits of red, green and blue.
// PaddleSeg computes it for 257 labels and drops the first, so class c has the colour of label c + 1.
Palette make_palette() {
  Palette palette{};
  for (unsigned c = 0; c < 256; ++c) {
    unsigned shift = 7;
    for (unsigned label = c + 1; label != 0; label >>= 3, --shift) {
      for (unsigned channel = 0; channel < 3; ++channel) {
        palette[3 * c + channel] |= static_cast<std::uint8_t>((label >> channel & 1U) << shift);
      }
    }
  }
  return palette;
}

}  // namespace

const Palette& paddleseg_palette() {
  static const Palette palette = make_palette();
  return palette;
}

}  // namespace segfleet
