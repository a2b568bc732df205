// SPDX-License-Identifier: Apache-2.0
#include "worker/finish.h"

#include <array>
#include <cstdint>
#include <functional>
#include <numeric>

#include "base/hash.h"
#include "imaging/masks/count_classes.h"
#include "worker/guarded.h"

namespace segfleet {
namespace {

constexpr int kOverlayJpegQuality = 95;  // cv2.imwrite's default

const Trace kNetworkSize;

// An item's part of its batch's output.
TensorView part_of(Tensor& output, std::size_t index) {
  TensorView view = output.view();
  const std::size_t part_bytes = output.size_bytes() / static_cast<std::size_t>(view.shape[0]);
  view.data = output.bytes() + index * part_bytes;
  view.shape.erase(0);
  return view;
}

}  // namespace

RestoreOptions restore_options(const Setup& setup, OutputOp op) {
  RestoreOptions options;
  options.scores = op == OutputOp::softmax ? ScoreKind::probabilities : ScoreKind::logits;
  options.confidence = setup.write_confidence;
  options.min_confidence = static_cast<float>(setup.min_confidence);
  options.unknown_class = static_cast<std::uint8_t>(setup.unknown_class);
  options.multi_label = setup.multi_label;
  if (setup.threshold > 0) options.threshold = static_cast<float>(setup.threshold);
  return options;
}

Finish::Finish(const Setup& setup, OutputOp op, std::span<std::byte> arena)
    : write_mask_(setup.write_mask),
      write_overlay_(setup.write_overlay),
      options_(restore_options(setup, op)),
      output_size_(setup.output_size),
      layout_(setup.output, setup.layout),
      argmax_first_(setup.argmax_first) {
  if (setup.results_in_memory) deliver_.emplace(arena);
}

void Finish::run(Item& item) {
  Status status = guarded("restore its labels", [&] { return restore(item); });
  item.output.reset();
  if (!status.ok()) return item.fail(Stage::restore, status.error());
  if (deliver_) return;
  if (item.full_output) {
    DecodedOtherwise with_full;
    status = guarded("compare its labels", [&] { return compare(item, with_full); });
    item.full_output.reset();
    if (status.ok()) item.outcome.decoded_otherwise = with_full;
  }
  status = guarded("encode its mask", [&] { return encode(item); });
  item.picture.reset();
  if (!status.ok()) item.fail(Stage::encode, status.error());
}

Status Finish::restore(Item& item) {
  const StageTimer timer(item, Stage::restore);
  const Trace& trace = output_size_ == OutputSize::original ? item.trace : kNetworkSize;
  TensorView output = part_of(*item.output, item.output_index);
  SEGFLEET_RETURN_IF_ERROR(take_argmax_first(output));
  if (deliver_) return deliver_->run(output, trace, options_, item);
  SEGFLEET_RETURN_IF_ERROR(restore_picture(output, trace, options_, restored_));
  count_pixels(item);
  return {};
}

Status Finish::take_argmax_first(TensorView& output) {
  if (!argmax_first_ || output.type != ElementType::f32) return {};
  SEGFLEET_RETURN_IF_ERROR(restore_picture(output, kNetworkSize, options_, at_network_));
  LabelMap& labels = at_network_.labels;
  output = {labels.labels.data(), ElementType::u8, {labels.size.height, labels.size.width}};
  return {};
}

// The labels of the picture in full with those that were just restored. A few times in a run: not kept.
Status Finish::compare(const Item& item, DecodedOtherwise& with_full) {
  const Trace& trace = output_size_ == OutputSize::original ? item.trace : kNetworkSize;
  TensorView output = part_of(*item.full_output, 0);
  SEGFLEET_RETURN_IF_ERROR(take_argmax_first(output));
  RestoredPicture full;
  SEGFLEET_RETURN_IF_ERROR(restore_picture(output, trace, options_, full));
  const std::vector<std::uint8_t>& ours = restored_.labels.labels;
  with_full.compared_pixels = ours.size();
  with_full.differing_pixels = std::inner_product(ours.begin(), ours.end(), full.labels.labels.begin(),
                                                  std::uint64_t{0}, std::plus<>(), std::not_equal_to<>());
  return {};
}

// For the ledger.
void Finish::count_pixels(Item& item) const {
  std::array<std::uint64_t, 256> pixels{};
  count_classes(restored_.labels, pixels);
  for (int index = 0; index < 256; ++index)
    if (pixels[static_cast<std::size_t>(index)] > 0)
      item.outcome.class_pixels.push_back({index, pixels[static_cast<std::size_t>(index)]});
}

Status Finish::encode(Item& item) {
  const StageTimer timer(item, Stage::encode);
  if (write_mask_) {
    SEGFLEET_RETURN_IF_ERROR(png_.encode(restored_.labels, paddleseg_palette(), item.mask_png));
    item.outcome.mask_bytes = item.mask_png.size();
    hash_hex(item.mask_png, item.outcome.mask_hash);
  }
  if (options_.confidence) {
    SEGFLEET_RETURN_IF_ERROR(png_.encode(restored_.confidence, item.confidence_png));
    item.outcome.confidence_bytes = item.confidence_png.size();
  }
  return write_overlay_ ? encode_overlay(item) : Status();
}

Status Finish::encode_overlay(Item& item) {
  const Image* picture = item.picture.get();
  if (picture->size != restored_.labels.size) {
    resizer_.resize(*picture, restored_.labels.size, resized_);
    picture = &resized_;
  }
  blend_overlay(*picture, restored_.labels, paddleseg_palette(), overlay_);
  switch (layout_.overlay_format(item.leased.input).value_or(OverlayFormat::jpeg)) {
    case OverlayFormat::jpeg:
      SEGFLEET_RETURN_IF_ERROR(encode_jpeg(overlay_, kOverlayJpegQuality, item.overlay_file));
      break;
    case OverlayFormat::png:
      SEGFLEET_RETURN_IF_ERROR(png_.encode(overlay_, item.overlay_file));
      break;
    case OverlayFormat::bmp:
      SEGFLEET_RETURN_IF_ERROR(encode_bmp(overlay_, item.overlay_file));
      break;
  }
  item.outcome.overlay_bytes = item.overlay_file.size();
  return {};
}

}  // namespace segfleet
