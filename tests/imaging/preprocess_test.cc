// SPDX-License-Identifier: Apache-2.0
// What the parity test (preprocess_parity_test.py) does not see: reuse, errors, traces.
#include "imaging/preprocess/preprocess.h"

#include <gtest/gtest.h>

#include <vector>

namespace segfleet {
namespace {

Image picture(Size size, std::uint8_t seed = 0) {
  Image image{size, {}};
  image.pixels.resize(3 * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height));
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>((i * 37 + seed) % 251);
  return image;
}

std::vector<float> values(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + element_count(tensor.shape())};
}

TEST(Preprocessor, SwapsBlueAndRedIntoPlanes) {
  Preprocessor preprocessor({});
  Image image{{2, 1}, {1, 2, 3, 4, 5, 6}};
  Tensor output;
  Trace trace;
  ASSERT_TRUE(preprocessor.run(image, output, trace).ok());
  EXPECT_EQ(output.shape(), (Shape{1, 3, 1, 2}));
  EXPECT_EQ(values(output), (std::vector<float>{3, 6, 2, 5, 1, 4}));
  EXPECT_TRUE(trace.empty());
}

TEST(Preprocessor, IsNotMarkedByEarlierPictures) {
  const std::vector<Transform> chain{Resize{{40, 30}}, Padding{{50, 50}}, Normalize{}, Resize{{21, 33}}};
  Preprocessor reused(chain);
  Tensor output;
  Trace trace;
  for (const Size size : {Size{90, 80}, Size{3, 200}, Size{40, 30}, Size{90, 80}}) {
    ASSERT_TRUE(reused.run(picture(size), output, trace).ok());
    Preprocessor fresh(chain);
    Tensor expected;
    Trace expected_trace;
    ASSERT_TRUE(fresh.run(picture(size), expected, expected_trace).ok());
    EXPECT_EQ(values(output), values(expected)) << size.width << "x" << size.height;
    EXPECT_EQ(trace, expected_trace);
  }
}

TEST(Preprocessor, KeepsTheTensorsMemory) {
  Preprocessor preprocessor({Resize{{40, 30}}, Normalize{}});
  Tensor output;
  Trace trace;
  ASSERT_TRUE(preprocessor.run(picture({90, 80}), output, trace).ok());
  const auto* memory = output.data<float>();
  ASSERT_TRUE(preprocessor.run(picture({70, 20}), output, trace).ok());
  EXPECT_EQ(output.data<float>(), memory);
}

TEST(Preprocessor, GoesOnAfterARefusedPicture) {
  Preprocessor preprocessor({Padding{{50, 50}}});
  Tensor output;
  Trace trace;
  const Status refused = preprocessor.run(picture({51, 3}), output, trace);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::input_unsupported);
  ASSERT_TRUE(preprocessor.run(picture({50, 3}), output, trace).ok());
  EXPECT_EQ(trace, Trace{PaddedFrom{(Size{50, 3})}});
}

TEST(Preprocessor, RefusesAnImageWithTooFewBytes) {
  Preprocessor preprocessor({});
  Image image = picture({4, 4});
  image.pixels.pop_back();
  Tensor output;
  Trace trace;
  const Status status = preprocessor.run(image, output, trace);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
}

TEST(Preprocessor, ShortSideIsPerPictureUnlessSticky) {
  const std::vector<Transform> chain{ResizeByShort{20, 30}};
  Preprocessor plain(chain);
  Preprocessor sticky(chain, true);
  Tensor output;
  Trace trace;
  for (Preprocessor* preprocessor : {&plain, &sticky})
    ASSERT_TRUE(preprocessor->run(picture({100, 20}), output, trace).ok());
  ASSERT_TRUE(plain.run(picture({40, 40}), output, trace).ok());
  EXPECT_EQ(output.shape(), (Shape{1, 3, 20, 20}));
  ASSERT_TRUE(sticky.run(picture({40, 40}), output, trace).ok());
  EXPECT_EQ(output.shape(), (Shape{1, 3, 6, 6}));
}

}  // namespace
}  // namespace segfleet
