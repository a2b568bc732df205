// SPDX-License-Identifier: Apache-2.0
#include "worker/finish.h"

#include <array>
#include <cstdint>

#include "base/hash.h"
#include "imaging/masks/count_classes.h"
#include "imaging/masks/restore.h"
#include "worker/guarded.h"

namespace segfleet {
namespace {

constexpr int kOverlayJpegQuality = 95;  // cv2.imwrite's default

// This item's part of its batch's output.
TensorView part_of(const Item& item) {
  TensorView view = item.output->view();
  const std::size_t part_bytes = item.output->size_bytes() / static_cast<std::size_t>(view.shape[0]);
  view.data = item.output->bytes() + item.output_index * part_bytes;
  view.shape.erase(view.shape.begin());
  return view;
}

}  // namespace

Finish::Finish(const Setup& setup)
    : write_mask_(setup.write_mask), write_overlay_(setup.write_overlay), output_size_(setup.output_size) {}

void Finish::run(Item& item) {
  Status status = guarded("restore its labels", [&] { return restore(item); });
  item.output.reset();
  if (!status.ok()) return item.fail(Stage::restore, status.error());
  status = guarded("encode its mask", [&] { return encode(item); });
  item.picture.reset();
  if (!status.ok()) item.fail(Stage::encode, status.error());
}

Status Finish::restore(Item& item) {
  const StageTimer timer(item, Stage::restore);
  static const Trace kNetworkSize;
  SEGFLEET_RETURN_IF_ERROR(restore_labels(
      part_of(item), output_size_ == OutputSize::original ? item.trace : kNetworkSize, labels_));
  std::array<std::uint64_t, 256> pixels{};
  count_classes(labels_, pixels);
  for (int index = 0; index < 256; ++index)
    if (pixels[static_cast<std::size_t>(index)] > 0)
      item.outcome.class_pixels.push_back({index, pixels[static_cast<std::size_t>(index)]});
  return {};
}

Status Finish::encode(Item& item) {
  const StageTimer timer(item, Stage::encode);
  if (write_mask_) {
    SEGFLEET_RETURN_IF_ERROR(png_.encode(labels_, paddleseg_palette(), item.mask_png));
    item.outcome.mask_bytes = item.mask_png.size();
    item.outcome.mask_hash = hash_hex(item.mask_png);
  }
  return write_overlay_ ? encode_overlay(item) : Status();
}

Status Finish::encode_overlay(Item& item) {
  const Image* picture = item.picture.get();
  if (picture->size != labels_.size) {
    resizer_.resize(*picture, labels_.size, resized_);
    picture = &resized_;
  }
  blend_overlay(*picture, labels_, paddleseg_palette(), overlay_);
  SEGFLEET_RETURN_IF_ERROR(encode_jpeg(overlay_, kOverlayJpegQuality, item.overlay_jpeg));
  item.outcome.overlay_bytes = item.overlay_jpeg.size();
  return {};
}

}  // namespace segfleet
