// SPDX-License-Identifier: Apache-2.0
// Whether nvJPEG's pixels are near enough to libjpeg-turbo's, which are PaddleSeg's: a few small pictures of
// every kind that goes to the card, decoded both ways. Thread-safety: a free function.
#pragma once
#include <string>

#include "imaging/nvjpeg/nvjpeg.h"

namespace segfleet {

// Grey levels of one colour of one pixel, 0 to 255. Two decoders that both keep to the standard differ by
// rounding alone: each turns coefficients into samples with an error of 1 at most, and rounds once more where
// it interpolates chroma. With Y off by 1 and Cb off by 2, blue = Y + 1.772 Cb is off by 4.6, and rounding
// makes it 5.6; 8 leaves room for a colour conversion with short factors. What is no rounding is further
// off: chroma repeated instead of interpolated by tens of levels along the edges of colour that these
// pictures have, another order of colours or range of levels everywhere.
inline constexpr int kMostLevels = 8;
// Over all colours of all pixels of a picture. Rounding leaves most of them equal or 1 away; a constant shift
// that kMostLevels would let pass is no rounding.
inline constexpr double kMostMeanLevels = 1;

// How far off it is, for the user. Errors: engine_unavailable, with the difference and the mend, where a kind
// of picture is too far off or is refused; those of NvjpegDecoder::decode().
Result<std::string> pass_parity_gate(const Nvjpeg& nvjpeg);

}  // namespace segfleet
