// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/preprocess.h"

#include <fmt/format.h>

#include <cstring>
#include <span>

namespace segfleet {
namespace {

std::size_t pixel_count(Size size) {
  return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
}

Interpolation interpolation_of(const Transform& transform) {
  const auto* resize = std::get_if<Resize>(&transform);
  return resize != nullptr ? resize->interpolation : Interpolation::linear;
}

bool resizes_bytes(const std::vector<Transform>& transforms) {
  const auto* resize = transforms.empty() ? nullptr : std::get_if<Resize>(&transforms.front());
  return resize != nullptr && resize->on_bytes;
}

void reset_if_needed(Tensor& tensor, Size size) {
  const Shape& shape = tensor.shape();
  const bool fits = tensor.type() == ElementType::f32 && shape.size() == 4 && shape[0] == 1 &&
                    shape[1] == 3 && shape[2] == size.height && shape[3] == size.width;
  if (!fits) tensor.reset(ElementType::f32, {1, 3, size.height, size.width});
}

}  // namespace

Preprocessor::Preprocessor(std::vector<Transform> transforms, bool sticky_resize_by_short)
    : transforms_(std::move(transforms)), steps_(fastest_row_kernels()) {
  if (sticky_resize_by_short) sticky_short_sides_.resize(transforms_.size());
  for (const Transform& transform : transforms_) {
    prepared_.emplace_back();
    if (const auto* normalize = std::get_if<Normalize>(&transform)) prepared_.back().emplace(*normalize);
  }
}

Status Preprocessor::run(const Image& image, Tensor& output, Trace& trace) {
  if (image.pixels.size() < 3 * pixel_count(image.size))
    return Error{ErrorCode::invalid_argument,
                 fmt::format("an image of {}x{} pixels came with {} bytes", image.size.width,
                             image.size.height, image.pixels.size())};
  return run(ImageView{image.size, image.pixels.data()}, output, trace);
}

Status Preprocessor::run(const ImageView& image, Tensor& output, Trace& trace) {
  return run(image, image.size, output, trace);
}

Size Preprocessor::first_resize(Size picture) {
  if (transforms_.empty() || !resamples(transforms_.front())) return picture;
  const Status known = walk_sizes(std::span(transforms_).first(1), picture, nullptr, walk_);
  return known.ok() ? walk_.after.front() : picture;  // run() will tell what is wrong
}

Status Preprocessor::run(const ImageView& image, Size full, Tensor& output, Trace& trace) {
  SEGFLEET_RETURN_IF_ERROR(
      walk_sizes(transforms_, full, sticky_short_sides_.empty() ? nullptr : &sticky_short_sides_, walk_));
  trace.assign(walk_.trace.begin(), walk_.trace.end());
  const Size network = walk_.after.empty() ? image.size : walk_.after.back();
  reset_if_needed(output, network);
  PictureView picture{image.pixels, nullptr, image.size};
  std::size_t first = 0;
  if (resizes_bytes(transforms_) && walk_.after.front() != image.size) {
    const Image& resized =
        byte_resizer_.resize(image, walk_.after.front(), interpolation_of(transforms_.front()));
    picture = {resized.pixels.data(), nullptr, resized.size};
    first = 1;
  }
  turn_ = 0;  // the same buffers for the same parts of every picture
  while (true) {
    const Part part = next_part(first, picture.size);
    const Size result = part.last == 0 ? image.size : walk_.after[part.last - 1];
    if (part.last == transforms_.size()) {
      run_part(part, picture, network, output.data<float>());
      return {};
    }
    run_part(part, picture, result, nullptr);
    picture = {nullptr, between_[turn_].data(), result};
    turn_ ^= 1U;
    first = part.last;
  }
}

// cv2.resize to the same size copies: such a transform does nothing and is passed over.
Preprocessor::Part Preprocessor::next_part(std::size_t first, Size picture) const {
  const std::size_t count = transforms_.size();
  const auto idle = [&](std::size_t i, Size before) {
    return resamples(transforms_[i]) && walk_.after[i] == before;
  };
  while (first < count && idle(first, picture)) ++first;
  Part part{first, first, first < count && resamples(transforms_[first])};
  Size size = picture;
  if (part.resamples) size = walk_.after[part.last++];
  while (part.last < count && (!resamples(transforms_[part.last]) || idle(part.last, size)))
    size = walk_.after[part.last++];
  return part;
}

std::size_t Preprocessor::open_part(const Part& part, const PictureView& picture) {
  if (part.resamples) {
    source_.open_resized(picture, walk_.after[part.first], interpolation_of(transforms_[part.first]));
    return part.first + 1;
  }
  const bool by_table = picture.bgr != nullptr && part.first < part.last && prepared_[part.first];
  levels_ = by_table ? &prepared_[part.first]->levels : &identity_levels();
  source_.open(picture, levels_->tables);
  return by_table ? part.first + 1 : part.first;
}

void Preprocessor::run_part(const Part& part, const PictureView& picture, Size result, float* planes) {
  std::size_t i = open_part(part, picture);
  const Size content = part.resamples ? walk_.after[part.first] : picture.size;
  steps_.clear();
  for (; i < part.last; ++i) {
    if (prepared_[i]) steps_.add(*prepared_[i]);
    if (const auto* padding = std::get_if<Padding>(&transforms_[i]))
      steps_.add_padding(walk_.after[i], padding->value);
    if (const auto* padding = std::get_if<PaddingByAspectRatio>(&transforms_[i]))
      steps_.add_padding(walk_.after[i], padding->value);
  }
  const auto width = static_cast<std::size_t>(result.width);
  if (planes == nullptr) {
    float* whole = between_[turn_].reserve(3 * pixel_count(result));
    steps_.run(source_, content, result, [&](int y, const float* row) {
      std::memcpy(whole + 3 * width * static_cast<std::size_t>(y), row, 3 * width * sizeof(float));
    });
    return;
  }
  const std::size_t plane = pixel_count(result);
  if (picture.bgr != nullptr && !part.resamples && steps_.empty()) {
    fastest_row_kernels().planes_from_bytes(picture.bgr, plane, *levels_, planes, planes + plane,
                                            planes + 2 * plane);
    return;
  }
  steps_.run(source_, content, result, [&](int y, const float* row) {
    float* red = planes + width * static_cast<std::size_t>(y);
    fastest_row_kernels().split(row, width, red, red + plane, red + 2 * plane);
  });
}

}  // namespace segfleet
