// SPDX-License-Identifier: Apache-2.0
// The interpolations that cv::resize does: a whole picture at once.
#include <fmt/format.h>

#include <opencv2/imgproc.hpp>

#include "imaging/preprocess/row_source.h"

namespace segfleet {
namespace {

int opencv_flag(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::nearest:
      return cv::INTER_NEAREST;
    case Interpolation::linear:
      return cv::INTER_LINEAR;
    case Interpolation::cubic:
      return cv::INTER_CUBIC;
    case Interpolation::area:
      return cv::INTER_AREA;
    case Interpolation::lanczos4:
      return cv::INTER_LANCZOS4;
  }
  return cv::INTER_LINEAR;
}

std::size_t float_count(Size size) {
  return 3 * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
}

}  // namespace

Status RowSource::resize_by_opencv(const PictureView& picture, Size target, Interpolation interpolation) {
  float* source = const_cast<float*>(picture.rgb);  // only read: cv::Mat has no view of constant pixels
  if (picture.bgr != nullptr) {
    const std::size_t pixels = float_count(picture.size) / 3;
    source = whole_source_.reserve(float_count(picture.size));
    for (std::size_t i = 0; i < 3 * pixels; i += 3)
      for (std::size_t c = 0; c < 3; ++c) source[i + c] = static_cast<float>(picture.bgr[i + 2 - c]);
  }
  float* result = whole_result_.reserve(float_count(target));
  try {
    const cv::Mat from(picture.size.height, picture.size.width, CV_32FC3, source);
    cv::Mat to(target.height, target.width, CV_32FC3, result);
    cv::resize(from, to, cv::Size(target.width, target.height), 0, 0, opencv_flag(interpolation));
  } catch (const cv::Exception& error) {
    const ErrorCode code =
        error.code == cv::Error::StsNoMem ? ErrorCode::out_of_memory : ErrorCode::input_unsupported;
    return Error{code, fmt::format("cannot resize a {}x{} picture to {}x{}: {}", picture.size.width,
                                   picture.size.height, target.width, target.height, error.err)};
  }
  mode_ = Mode::copy;
  picture_ = {nullptr, result, target};
  target_ = target;
  return {};
}

void use_one_thread_for_opencv() {
  cv::setNumThreads(1);
}

}  // namespace segfleet
