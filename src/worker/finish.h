// SPDX-License-Identifier: Apache-2.0
// restore → encode, for one thread of the pipeline. Thread-safety: one thread at a time.
#pragma once
#include <optional>
#include <span>

#include "imaging/encode/encode.h"
#include "imaging/masks/restore.h"
#include "imaging/preprocess/picture_resizer.h"
#include "io/sink/output_layout.h"
#include "segfleet/image.h"
#include "segfleet/model.h"
#include "transport/messages.h"
#include "worker/deliver.h"
#include "worker/item.h"

namespace segfleet {

// What is asked of a network's scores. An argmax export gives them only as logits (EngineOptions::scores).
RestoreOptions restore_options(const Setup& setup, OutputOp op);

class Finish {
 public:
  // arena: where results go that stay in memory; else empty.
  Finish(const Setup& setup, OutputOp op, std::span<std::byte> arena);

  // Gives the item its files' bytes and its outcome's hash and pixel counts, or its labels their place in
  // memory; or fails it. Lets go of output and picture.
  void run(Item& item);

 private:
  Status restore(Item& item);
  Status take_argmax_first(TensorView& output);
  Status compare(const Item& item, DecodedOtherwise& with_full);
  void count_pixels(Item& item) const;
  Status encode(Item& item);
  Status encode_overlay(Item& item);

  std::optional<Deliver> deliver_;  // instead of restoring for files
  bool write_mask_;
  bool write_overlay_;
  RestoreOptions options_;
  OutputSize output_size_;
  OutputLayout layout_;
  bool argmax_first_;
  PngEncoder png_;
  PictureResizer resizer_;
  RestoredPicture restored_;  // reused, like the three below
  RestoredPicture at_network_;
  Image resized_;
  Image overlay_;
};

}  // namespace segfleet
