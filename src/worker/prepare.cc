// SPDX-License-Identifier: Apache-2.0
#include "worker/prepare.h"

#include "base/file.h"
#include "imaging/decode/decode.h"
#include "worker/deliver.h"
#include "worker/guarded.h"

namespace segfleet {
namespace {

// Counts down by one where it can.
bool take_one(std::atomic<int>& count) {
  int left = count.load();
  while (left > 0 && !count.compare_exchange_weak(left, left - 1)) {
  }
  return left > 0;
}

}  // namespace

Prepare::Prepare(const Setup& setup, const ModelPackage& model, std::span<std::byte> arena,
                 SpareList<Tensor>& inputs, SpareList<Image>& pictures, std::atomic<int>& comparisons_owed,
                 const Nvjpeg* nvjpeg)
    : limits_(setup.limits),
      arena_(arena),
      keeps_picture_(setup.write_overlay),
      preprocessor_(model.transforms, setup.sticky_resize_by_short),
      inputs_(inputs),
      pictures_(pictures),
      comparisons_owed_(comparisons_owed),
      nvjpeg_(nvjpeg) {
  if (setup.fast_decode) least_ = [this](Size picture) { return preprocessor_.first_resize(picture); };
}

void Prepare::run(Item& item) {
  const bool array = item.leased.picture && item.leased.picture->size.width > 0;
  if (array)
    run_array(item);
  else
    run_encoded(item);
}

void Prepare::run_array(Item& item) {
  const Status status = guarded("transform it", [&]() -> Status {
    const ArenaPicture& picture = *item.leased.picture;
    const Result<std::span<std::byte>> pixels = part_of_arena(arena_, picture.offset, picture.bytes);
    SEGFLEET_RETURN_IF_ERROR(pixels);
    const auto needed = std::uint64_t{3} * static_cast<std::uint64_t>(picture.size.width) *
                        static_cast<std::uint64_t>(picture.size.height);
    if (picture.bytes != needed)
      return Error{ErrorCode::protocol_error, "an array in the arena has not the bytes of its size"};
    item.outcome.picture = picture.size;
    item.outcome.input_bytes = picture.bytes;
    return transform(item, {picture.size, reinterpret_cast<const std::uint8_t*>(pixels->data())});
  });
  if (!status.ok()) item.fail(Stage::transform, status.error());
}

void Prepare::run_encoded(Item& item) {
  std::span<const std::byte> encoded;
  Status status = guarded("read it", [&] { return read(item, encoded); });
  if (!status.ok()) return item.fail(Stage::read, status.error());

  Image* picture = &decoded_;
  status = guarded("decode it", [&] {
    if (keeps_picture_) picture = (item.picture = pictures_.borrow()).get();
    return decode(item, encoded, *picture);
  });
  if (!status.ok()) return item.fail(Stage::decode, status.error());

  status = guarded("transform it", [&] { return transform(item, {picture->size, picture->pixels.data()}); });
  if (!status.ok()) return item.fail(Stage::transform, status.error());
  if (item.outcome.decoded_otherwise && take_one(comparisons_owed_)) prepare_full(item, encoded);
}

Status Prepare::read(Item& item, std::span<const std::byte>& encoded) {
  const StageTimer timer(item, Stage::read);
  if (item.leased.picture) {
    const Result<std::span<std::byte>> bytes =
        part_of_arena(arena_, item.leased.picture->offset, item.leased.picture->bytes);
    SEGFLEET_RETURN_IF_ERROR(bytes);
    encoded = *bytes;
    item.outcome.input_bytes = encoded.size();
    return {};
  }
  const Status status = read_file(item.leased.input, limits_.max_file_bytes, encoded_);
  item.outcome.input_bytes = status.ok() ? encoded_.size() : 0;
  encoded = encoded_;
  if (!status.ok() && status.error().code == ErrorCode::io_error)
    return Error{ErrorCode::input_unreadable, status.error().message};
  return status;
}

Status Prepare::decode(Item& item, std::span<const std::byte> encoded, Image& picture) {
  const StageTimer timer(item, Stage::decode);
  const Result<bool> on_card = decode_on_card(encoded, picture);
  SEGFLEET_RETURN_IF_ERROR(on_card);
  Size full = picture.size;
  if (!*on_card) SEGFLEET_RETURN_IF_ERROR(decode_image_reduced(encoded, limits_, least_, picture, full));
  item.outcome.picture = full;
  if (*on_card || picture.size != full) item.outcome.decoded_otherwise.emplace();
  return {};
}

// False: it is the CPU's to decode.
Result<bool> Prepare::decode_on_card(std::span<const std::byte> encoded, Image& picture) {
  if (nvjpeg_ == nullptr) return false;
  if (!on_card_) on_card_.emplace(*nvjpeg_);
  Result<bool> decoded = on_card_->decode(encoded, limits_, picture);
  if (!decoded.ok()) on_card_.reset();
  return decoded;
}

Status Prepare::transform(Item& item, const ImageView& picture) {
  const StageTimer timer(item, Stage::transform);
  item.input = inputs_.borrow();
  return preprocessor_.run(picture, item.outcome.picture, *item.input, item.trace);
}

// A few times in a run: what it takes is not kept. Where it fails, the picture is not compared.
void Prepare::prepare_full(Item& item, std::span<const std::byte> encoded) {
  const Status status = guarded("decode it in full", [&]() -> Status {
    Image picture;
    Trace trace;
    SEGFLEET_RETURN_IF_ERROR(decode_image(encoded, limits_, picture));
    item.full_input = inputs_.borrow();
    return preprocessor_.run(picture, *item.full_input, trace);
  });
  if (!status.ok()) item.full_input.reset();
}

}  // namespace segfleet
