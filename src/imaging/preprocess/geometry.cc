// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace segfleet {
namespace {

// Sides as Python computes them, before they are known to fit an int.
struct Sides {
  double width;
  double height;
};

double long_side(Size size) {
  return std::max(size.width, size.height);
}
double short_side(Size size) {
  return std::min(size.width, size.height);
}

Sides scaled(Size size, double scale) {
  return {std::nearbyint(size.width * scale), std::nearbyint(size.height * scale)};
}

// functional.resize_long and resize_short: `value` is the side that becomes `target`.
Sides scaled_to(Size size, int target, double value) {
  return scaled(size, target / value);
}

Sides sides_after(const Resize& resize, Size size) {
  Sides sides{static_cast<double>(resize.target.width), static_cast<double>(resize.target.height)};
  if (resize.keep_ratio)
    sides = scaled(size, std::min(long_side(resize.target) / long_side(size),
                                  short_side(resize.target) / short_side(size)));
  if (resize.size_divisor > 0) {
    sides.width = std::ceil(sides.width / resize.size_divisor) * resize.size_divisor;
    sides.height = std::ceil(sides.height / resize.size_divisor) * resize.size_divisor;
  }
  return sides;
}

Sides sides_after(const ResizeByShort& resize, Size size, int* sticky) {
  int side = sticky != nullptr && *sticky > 0 ? *sticky : resize.short_side;
  if (side / short_side(size) * long_side(size) > resize.max_size) {
    side = static_cast<int>(resize.max_size / long_side(size) * short_side(size));
    if (sticky != nullptr) *sticky = side;
  }
  return scaled_to(size, side, short_side(size));
}

Sides sides_after(const LimitLong& limit, Size size) {
  const auto longest = static_cast<int>(long_side(size));
  if (limit.max_long > 0 && longest > limit.max_long) return scaled_to(size, limit.max_long, longest);
  if (limit.min_long > 0 && longest < limit.min_long) return scaled_to(size, limit.min_long, longest);
  return {static_cast<double>(size.width), static_cast<double>(size.height)};
}

Sides sides_after(const PaddingByAspectRatio& padding, Size size) {
  Sides sides{static_cast<double>(size.width), static_cast<double>(size.height)};
  if (sides.width / sides.height > padding.aspect_ratio)
    sides.height = std::trunc(sides.width / padding.aspect_ratio);
  else
    sides.width = std::trunc(sides.height * padding.aspect_ratio);
  return sides;
}

bool already_has(const PaddingByAspectRatio& padding, Size size) {
  return static_cast<double>(size.width) / size.height == padding.aspect_ratio;
}

Error refused(ErrorCode code, const Transform& transform, Size before, Sides after, std::string_view why) {
  return Error{code, fmt::format("{} makes a {}x{} picture {:.0f}x{:.0f}: {}", describe(transform),
                                 before.width, before.height, after.width, after.height, why)};
}

Result<Size> checked(const Transform& transform, Size before, Sides after, bool padding) {
  if (!(after.width >= 1 && after.height >= 1))
    return refused(ErrorCode::input_unsupported, transform, before, after,
                   "a side of no pixels has no result");
  if (padding && (after.width < before.width || after.height < before.height))
    return refused(ErrorCode::input_unsupported, transform, before, after,
                   "padding cannot make a picture smaller, put a resize before it");
  if (after.width > kMaxSidePixels || after.height > kMaxSidePixels)
    return refused(ErrorCode::input_too_large, transform, before, after,
                   fmt::format("over the limit of {} pixels a side", kMaxSidePixels));
  if (after.width * after.height * 3 * sizeof(float) > static_cast<double>(kMaxPictureBytes))
    return refused(ErrorCode::input_too_large, transform, before, after,
                   fmt::format("over the limit of {} bytes as float32", kMaxPictureBytes));
  return Size{static_cast<int>(after.width), static_cast<int>(after.height)};
}

// The size after one transform, with its trace entry.
struct Walker {
  const Transform& transform;
  Size before;
  int* sticky;
  Trace& trace;

  Result<Size> resized(Sides after) const {
    trace.emplace_back(ResizedFrom{before});
    return checked(transform, before, after, false);
  }
  Result<Size> padded(Sides after) const {
    trace.emplace_back(PaddedFrom{before});
    return checked(transform, before, after, true);
  }
  Result<Size> operator()(const Resize& resize) const { return resized(sides_after(resize, before)); }
  Result<Size> operator()(const ResizeByLong& resize) const {
    return resized(scaled_to(before, resize.long_side, long_side(before)));
  }
  Result<Size> operator()(const ResizeByShort& resize) const {
    return resized(sides_after(resize, before, sticky));
  }
  Result<Size> operator()(const LimitLong& limit) const { return resized(sides_after(limit, before)); }
  Result<Size> operator()(const Padding& padding) const {
    return padded({static_cast<double>(padding.target.width), static_cast<double>(padding.target.height)});
  }
  Result<Size> operator()(const PaddingByAspectRatio& padding) const {
    if (already_has(padding, before)) return before;  // PaddleSeg leaves no trace entry here
    return padded(sides_after(padding, before));
  }
  Result<Size> operator()(const Normalize&) const { return before; }
};

}  // namespace

bool resamples(const Transform& transform) {
  return !std::holds_alternative<Normalize>(transform) && !std::holds_alternative<Padding>(transform) &&
         !std::holds_alternative<PaddingByAspectRatio>(transform);
}

Status walk_sizes(std::span<const Transform> transforms, Size picture, std::vector<int>* sticky_short_sides,
                  SizeWalk& walk) {
  walk.after.clear();
  walk.trace.clear();
  if (picture.width < 1 || picture.height < 1)
    return Error{ErrorCode::input_unsupported, "a picture without pixels has no result"};
  Size size = picture;
  for (std::size_t i = 0; i < transforms.size(); ++i) {
    int* sticky = sticky_short_sides == nullptr ? nullptr : &(*sticky_short_sides)[i];
    const Result<Size> after = std::visit(Walker{transforms[i], size, sticky, walk.trace}, transforms[i]);
    if (!after.ok()) return after.error();
    size = *after;
    walk.after.push_back(size);
  }
  if (std::uint64_t{3} * sizeof(float) * static_cast<std::uint64_t>(size.width) *
          static_cast<std::uint64_t>(size.height) >
      kMaxPictureBytes)
    return Error{
        ErrorCode::input_too_large,
        fmt::format("a network input of {}x{} pixels is over the limit of {} bytes as float32: put a resize "
                    "into the model's transforms",
                    size.width, size.height, kMaxPictureBytes)};
  return {};
}

Result<Geometry> geometry(std::span<const Transform> transforms, Size picture) {
  SizeWalk walk;
  SEGFLEET_RETURN_IF_ERROR(walk_sizes(transforms, picture, nullptr, walk));
  return Geometry{walk.after.empty() ? picture : walk.after.back(), std::move(walk.trace)};
}

}  // namespace segfleet
