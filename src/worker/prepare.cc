// SPDX-License-Identifier: Apache-2.0
#include "worker/prepare.h"

#include "base/file.h"
#include "imaging/decode/decode.h"
#include "worker/guarded.h"

namespace segfleet {

Prepare::Prepare(const Setup& setup, const ModelPackage& model, SpareList<Tensor>& inputs,
                 SpareList<Image>& pictures)
    : limits_(setup.limits),
      keeps_picture_(setup.write_overlay),
      preprocessor_(model.transforms, setup.sticky_resize_by_short),
      inputs_(inputs),
      pictures_(pictures) {}

void Prepare::run(Item& item) {
  Status status = guarded("read it", [&] { return read(item); });
  if (!status.ok()) return item.fail(Stage::read, status.error());

  Image* picture = &decoded_;
  status = guarded("decode it", [&] {
    if (keeps_picture_) picture = (item.picture = pictures_.borrow()).get();
    return decode(item, *picture);
  });
  if (!status.ok()) return item.fail(Stage::decode, status.error());

  status = guarded("transform it", [&] { return transform(item, *picture); });
  if (!status.ok()) item.fail(Stage::transform, status.error());
}

Status Prepare::read(Item& item) {
  const StageTimer timer(item, Stage::read);
  const Status status = read_file(item.leased.input, limits_.max_file_bytes, encoded_);
  item.outcome.input_bytes = status.ok() ? encoded_.size() : 0;
  if (!status.ok() && status.error().code == ErrorCode::io_error)
    return Error{ErrorCode::input_unreadable, status.error().message};
  return status;
}

Status Prepare::decode(Item& item, Image& picture) {
  const StageTimer timer(item, Stage::decode);
  SEGFLEET_RETURN_IF_ERROR(decode_image(encoded_, limits_, picture));
  item.outcome.picture = picture.size;
  return {};
}

Status Prepare::transform(Item& item, const Image& picture) {
  const StageTimer timer(item, Stage::transform);
  item.input = inputs_.borrow();
  return preprocessor_.run(picture, *item.input, item.trace);
}

}  // namespace segfleet
