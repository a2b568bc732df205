// SPDX-License-Identifier: Apache-2.0
#include "imaging/nvjpeg/parity_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "imaging/decode/decode.h"
#include "imaging/nvjpeg/gate_pictures.h"

namespace segfleet {
namespace {

struct Difference {
  int most = 0;     // levels
  double mean = 0;  // levels
};

Difference difference(const Image& one, const Image& other) {
  Difference found;
  for (std::size_t i = 0; i < one.pixels.size(); ++i) {
    const int levels = std::abs(one.pixels[i] - other.pixels[i]);
    found.most = std::max(found.most, levels);
    found.mean += levels;
  }
  found.mean /= static_cast<double>(one.pixels.size());
  return found;
}

Error refused(const Nvjpeg& nvjpeg, const std::string& what) {
  return {ErrorCode::engine_unavailable,
          fmt::format("--decode nvjpeg: nvJPEG {} {}: use --decode cpu, or another version of nvidia-nvjpeg",
                      nvjpeg.version(), what)};
}

}  // namespace

Result<std::string> pass_parity_gate(const Nvjpeg& nvjpeg) {
  const Result<std::vector<GatePicture>> pictures = gate_pictures();
  SEGFLEET_RETURN_IF_ERROR(pictures);
  NvjpegDecoder decoder(nvjpeg);
  Image on_cpu;
  Image on_card;
  Difference worst;
  for (const auto& [kind, jpeg] : *pictures) {
    SEGFLEET_RETURN_IF_ERROR(decode_image(jpeg, DecodeLimits{}, on_cpu));
    const Result<bool> decoded = decoder.decode(jpeg, DecodeLimits{}, on_card);
    SEGFLEET_RETURN_IF_ERROR(decoded);
    if (!*decoded) return refused(nvjpeg, fmt::format("does not decode a plain {} JPEG", kind));
    const auto [most, mean] = difference(on_cpu, on_card);
    worst = {std::max(worst.most, most), std::max(worst.mean, mean)};
    if (most > kMostLevels || mean > kMostMeanLevels)
      return refused(nvjpeg,
                     fmt::format("gives the pixels of a {} JPEG up to {} grey levels (mean {:.2f}) away from "
                                 "libjpeg-turbo's, where {} (mean {}) are allowed",
                                 kind, most, mean, kMostLevels, kMostMeanLevels));
  }
  return fmt::format(
      "nvJPEG {} decodes the common JPEGs: on small ones its pixels are up to {} grey levels (mean {:.2f}) "
      "away "
      "from the CPU's",
      nvjpeg.version(), worst.most, worst.mean);
}

}  // namespace segfleet
