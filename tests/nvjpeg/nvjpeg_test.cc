// SPDX-License-Identifier: Apache-2.0
// NO CARD IS USED: see stand_in_card.h.
#include "imaging/nvjpeg/nvjpeg.h"

#include <gtest/gtest.h>

#include <thread>

#include "imaging/decode/decode.h"
#include "imaging/nvjpeg/gate_pictures.h"
#include "jpeg_bytes.h"
#include "stand_in_card.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

void expect_pixels_of_the_cpu(NvjpegDecoder& decoder, const std::vector<std::byte>& jpeg) {
  Image expected;
  ASSERT_TRUE(decode_image(jpeg, {}, expected).ok());
  Image image;
  const Result<bool> decoded = decoder.decode(jpeg, {}, image);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_TRUE(*decoded);
  EXPECT_EQ(image.size, expected.size);
  EXPECT_EQ(image.pixels, expected.pixels);
}

// The stand-in decodes as the CPU does.
TEST(NvjpegStandIn, PixelsArriveWhateverKindAndSizeCameBefore) {
  const auto nvjpeg = open_stand_in();
  ASSERT_TRUE(nvjpeg.ok()) << nvjpeg.error().message;
  EXPECT_EQ((*nvjpeg)->version(), "13.3.2");
  NvjpegDecoder decoder(**nvjpeg);
  const auto pictures = gate_pictures();
  ASSERT_TRUE(pictures.ok());
  for (const GatePicture& picture : *pictures) expect_pixels_of_the_cpu(decoder, picture.jpeg);
  for (const Size size : {Size{1, 1}, {301, 203}, {17, 1}, {1, 33}})
    expect_pixels_of_the_cpu(decoder, make_jpeg({.size = size}));
}

TEST(NvjpegStandIn, EachThreadHasADecoderOfItsOwn) {
  const auto nvjpeg = open_stand_in();
  ASSERT_TRUE(nvjpeg.ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      NvjpegDecoder decoder(**nvjpeg);
      for (int round = 1; round < 20; ++round)
        expect_pixels_of_the_cpu(decoder, make_jpeg({.size = {round * (i + 1), round}}));
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(NvjpegStandIn, AllThatWasTakenIsGivenBack) {
  const int before = held_on_card();
  {
    const auto nvjpeg = open_stand_in();
    ASSERT_TRUE(nvjpeg.ok());
    NvjpegDecoder decoder(**nvjpeg);
    const int idle = held_on_card();
    for (const Size size : {Size{40, 30}, {80, 60}})
      expect_pixels_of_the_cpu(decoder, make_jpeg({.size = size}));
    EXPECT_EQ(held_on_card(), idle + 3) << "a stream, memory on the card and on the host";
  }
  EXPECT_EQ(held_on_card(), before);
}

TEST(NvjpegStandIn, ThreadsThatWaitForTheCardSleep) {
  ASSERT_TRUE(open_stand_in().ok());
  EXPECT_EQ(ask_stand_in_driver("stand_in_cuda_context_flags"), int{cuda::kBlockingSync});
}

TEST(NvjpegStandIn, AContextThatIsThereAlreadyServesAsWell) {
  const Told told("STAND_IN_CUDA", "cuDevicePrimaryCtxSetFlags_v2 708");
  EXPECT_TRUE(open_stand_in().ok());
}

TEST(NvjpegStandIn, WhatIsNotItsKindIsLeftToTheCpu) {
  const auto nvjpeg = open_stand_in();
  ASSERT_TRUE(nvjpeg.ok());
  NvjpegDecoder decoder(**nvjpeg);
  Image image{{2, 1}, {1, 2, 3, 4, 5, 6}};
  std::vector<std::byte> truncated = make_jpeg({});
  truncated.resize(truncated.size() - 2);
  for (const auto& encoded : {make_jpeg({.progressive = true}), make_jpeg({.orientation = 6}), truncated}) {
    const Result<bool> decoded = decoder.decode(encoded, {}, image);
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_FALSE(*decoded);
  }
  EXPECT_EQ(held_on_card(), 1) << "the context alone: nothing was asked of the card";
}

TEST(NvjpegStandIn, WhatTheLibraryWillNotHaveIsLeftToTheCpu) {
  const auto nvjpeg = open_stand_in();
  ASSERT_TRUE(nvjpeg.ok());
  NvjpegDecoder decoder(**nvjpeg);
  Image image;
  for (const char* status : {"3", "4", "9", "10"}) {
    const Told told("STAND_IN_NVJPEG_STATUS", status);
    const Result<bool> decoded = decoder.decode(make_jpeg({}), {}, image);
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_FALSE(*decoded) << status;
  }
  expect_pixels_of_the_cpu(decoder, make_jpeg({}));
}

Error failure_of(const char* variable, const char* value) {
  const auto nvjpeg = open_stand_in();
  NvjpegDecoder decoder(**nvjpeg);
  Image image;
  const Told told(variable, value);
  const Result<bool> decoded = decoder.decode(make_jpeg({}), {}, image);
  return decoded.ok() ? Error{ErrorCode::internal, "it was decoded"} : decoded.error();
}

TEST(NvjpegStandIn, NoRoomOnTheCardIsSaidWithTheMend) {
  for (const auto& [variable, value] : {std::pair{"STAND_IN_CUDA_ROOM", "100"},
                                        {"STAND_IN_CUDA", "cuMemAlloc_v2 2"},
                                        {"STAND_IN_CUDA", "cuMemHostAlloc 2"},
                                        {"STAND_IN_NVJPEG_STATUS", "5"}}) {
    const Error error = failure_of(variable, value);
    EXPECT_EQ(error.code, ErrorCode::out_of_memory) << error.message;
    EXPECT_NE(error.message.find("--batch or --memory-limit, or use --decode cpu"), std::string::npos)
        << error.message;
  }
}

TEST(NvjpegStandIn, OtherFailuresAreSaid) {
  Error error = failure_of("STAND_IN_NVJPEG_STATUS", "6");
  EXPECT_EQ(error.code, ErrorCode::engine_error);
  EXPECT_EQ(error.message, "--decode nvjpeg: nvJPEG 13.3.2 fails on it (status 6)");
  error = failure_of("STAND_IN_CUDA", "cuMemcpyDtoHAsync_v2 1");
  EXPECT_EQ(error.code, ErrorCode::engine_error);
  EXPECT_EQ(error.message, "--decode nvjpeg: CUDA failure 1: unknown in cuMemcpyDtoHAsync()");
  error = failure_of("STAND_IN_CUDA", "cuStreamSynchronize 700");
  EXPECT_EQ(error.code, ErrorCode::device_lost) << "no later call would succeed";
  EXPECT_NE(error.message.find("CUDA_ERROR_ILLEGAL_ADDRESS"), std::string::npos) << error.message;
}

void expect_unavailable(const Result<std::unique_ptr<Nvjpeg>>& opened, const std::string& said) {
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::engine_unavailable);
  EXPECT_NE(opened.error().message.find(said), std::string::npos) << opened.error().message;
  EXPECT_NE(opened.error().message.find("use --decode cpu"), std::string::npos) << opened.error().message;
}

TEST(NvjpegStandIn, ALibraryThatIsMissingIsSaidWithTheMend) {
  const auto opened =
      Nvjpeg::open({"libnvjpeg-of-nobody.so.13", "libnvjpeg-of-nobody.so.12"}, kStandInDriver);
  expect_unavailable(opened, "libnvjpeg-of-nobody.so.13 cannot be opened");
  expect_unavailable(opened, "libnvjpeg-of-nobody.so.12 cannot be opened");
  expect_unavailable(opened, "pip install nvidia-nvjpeg");
}

TEST(NvjpegStandIn, ALibraryThatLacksAFunctionIsSaid) {
  expect_unavailable(Nvjpeg::open({kStandInDriver}, kStandInDriver), "lacks nvjpegGetProperty()");
}

TEST(NvjpegStandIn, ADriverThatIsMissingOrDoesNotStartIsSaid) {
  const std::vector<std::filesystem::path> libraries{kStandInCard / "libnvjpeg.so.13"};
  expect_unavailable(Nvjpeg::open(libraries, "libcuda-of-nobody.so.1"),
                     "libcuda-of-nobody.so.1 cannot be opened");
  expect_unavailable(Nvjpeg::open(libraries, libraries[0]), "lacks cuInit()");
  const Told told("STAND_IN_CUDA", "cuInit 999");
  expect_unavailable(Nvjpeg::open(libraries, kStandInDriver), "cannot start: CUDA failure 999");
}

TEST(NvjpegStandIn, TheNextLibraryIsTakenWhereOneIsOfNoUse) {
  const auto opened =
      Nvjpeg::open({"libnvjpeg-of-nobody.so.13", kStandInCard / "libnvjpeg.so.13"}, kStandInDriver);
  EXPECT_TRUE(opened.ok()) << opened.error().message;
}

TEST(Nvjpeg, IsLookedForByTheLoaderAndThenInFolders) {
  TempFolder folder;
  std::ofstream(folder.path() / "libnvjpeg.so.12") << "library";
  using Paths = std::vector<std::filesystem::path>;
  EXPECT_EQ(nvjpeg_libraries({folder.path() / "none", folder.path()}),
            (Paths{"libnvjpeg.so.13", "libnvjpeg.so.12", folder.path() / "libnvjpeg.so.12"}));
}

}  // namespace
}  // namespace segfleet
