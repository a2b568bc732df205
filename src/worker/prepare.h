// SPDX-License-Identifier: Apache-2.0
// read → decode → transform, for one thread of the pipeline. Thread-safety: one thread at a time.
#pragma once
#include <atomic>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "imaging/decode/decode.h"
#include "imaging/nvjpeg/nvjpeg.h"
#include "imaging/preprocess/preprocess.h"
#include "segfleet/image.h"
#include "segfleet/model.h"
#include "transport/messages.h"
#include "worker/item.h"
#include "worker/spare_list.h"

namespace segfleet {

class Prepare {
 public:
  // arena: where pictures lie that come in memory; else empty.
  // comparisons_owed: how many pictures that are decoded otherwise than PaddleSeg does are to be prepared
  // from its pixels as well; each that is counts it down. nvjpeg: where cards decode what they can; else
  // nullptr.
  Prepare(const Setup& setup, const ModelPackage& model, std::span<std::byte> arena,
          SpareList<Tensor>& inputs, SpareList<Image>& pictures, std::atomic<int>& comparisons_owed,
          const Nvjpeg* nvjpeg);

  // Gives the item its input tensor, trace and, for overlays, its picture; or fails it.
  void run(Item& item);

 private:
  void run_encoded(Item& item);
  void run_array(Item& item);
  Status read(Item& item, std::span<const std::byte>& encoded);
  Status decode(Item& item, std::span<const std::byte> encoded, Image& picture);
  Result<bool> decode_on_card(std::span<const std::byte> encoded, Image& picture);
  Status transform(Item& item, const ImageView& picture);
  void prepare_full(Item& item, std::span<const std::byte> encoded);

  DecodeLimits limits_;
  std::span<std::byte> arena_;
  bool keeps_picture_;
  Preprocessor preprocessor_;
  LeastSize least_;  // of pictures that may be decoded smaller; empty: none may
  SpareList<Tensor>& inputs_;
  SpareList<Image>& pictures_;
  std::atomic<int>& comparisons_owed_;
  const Nvjpeg* nvjpeg_;
  std::optional<NvjpegDecoder> on_card_;  // of this thread; a new one after each failure
  std::vector<std::byte> encoded_;        // reused
  Image decoded_;                         // reused; not used where the item keeps its picture
};

}  // namespace segfleet
