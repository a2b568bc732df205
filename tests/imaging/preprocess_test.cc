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

TEST(Preprocessor, ASmallerCopyHasTheSizeAndTheTraceOfThePicture) {
  // By its own size the copy, 201x102, would become 100x51.
  Preprocessor preprocessor({ResizeByLong{100}, Padding{{128, 64}}, Normalize{}});
  Tensor output;
  Trace trace;
  const Size full{401, 203};
  EXPECT_EQ(preprocessor.first_resize(full), (Size{100, 51}));
  const Image copy = picture({201, 102});
  ASSERT_TRUE(preprocessor.run({copy.size, copy.pixels.data()}, full, output, trace).ok());
  EXPECT_EQ(output.shape(), (Shape{1, 3, 64, 128}));
  EXPECT_EQ(trace, (Trace{ResizedFrom{full}, PaddedFrom{(Size{100, 51})}}));
}

TEST(Preprocessor, ACopyOfTheRightSizeIsTakenAsItIs) {
  for (const bool on_bytes : {false, true}) {
    Resize resize{{40, 30}};
    resize.on_bytes = on_bytes;
    Preprocessor resizing({resize});
    Preprocessor copying({});
    const Image copy = picture({40, 30});
    Tensor output;
    Tensor expected;
    Trace trace;
    ASSERT_TRUE(copying.run(copy, expected, trace).ok());
    ASSERT_TRUE(resizing.run({copy.size, copy.pixels.data()}, {80, 60}, output, trace).ok());
    EXPECT_EQ(values(output), values(expected));
    EXPECT_EQ(trace, Trace{ResizedFrom{(Size{80, 60})}});
  }
}

TEST(Preprocessor, NoSmallerCopyServesWhatDoesNotBeginWithAResize) {
  const Size full{400, 200};
  EXPECT_EQ(Preprocessor({Normalize{}, Resize{{40, 30}}}).first_resize(full), full);
  EXPECT_EQ(Preprocessor({Padding{{500, 500}}, Resize{{40, 30}}}).first_resize(full), full);
  EXPECT_EQ(Preprocessor({}).first_resize(full), full);
  EXPECT_EQ(Preprocessor({LimitLong{500, 0}, Resize{{40, 30}}}).first_resize(full), full);
  EXPECT_EQ(Preprocessor({LimitLong{100, 0}}).first_resize(full), (Size{100, 50}));
  EXPECT_EQ(Preprocessor({Resize{{40, 30}}, Resize{{10, 10}}}).first_resize(full), (Size{40, 30}));
  EXPECT_EQ(Preprocessor({ResizeByShort{20}}).first_resize(full), (Size{40, 20}));
  EXPECT_EQ(Preprocessor({ResizeByLong{0}}).first_resize(full), full);  // run() refuses it
}

}  // namespace
}  // namespace segfleet
