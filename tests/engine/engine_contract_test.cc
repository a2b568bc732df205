// SPDX-License-Identifier: Apache-2.0
// What segfleet/engine.h promises, for every engine.
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "engine/registry.h"
#include "temp_folder.h"
#include "test_graphs.h"

namespace segfleet {
namespace {

struct EngineCase {
  const char* engine;
  const char* device;
  GraphEnd end;
  int network_side;  // 0: pictures of any size
};

void PrintTo(const EngineCase& c, std::ostream* out) {
  *out << c.engine << " " << static_cast<int>(c.end);
}

class EngineContract : public testing::TestWithParam<EngineCase> {
 protected:
  std::unique_ptr<Engine> load(EngineOptions options = {}) {
    options.device = GetParam().device;
    ModelPackage package = tiny_package({{-1, 3, -1, -1}, GetParam().end}, folder_.path(), op());
    if (const int side = GetParam().network_side) package.transforms = {Resize{{side, side}}, Normalize{}};
    const auto factory = open_engine_factory(GetParam().engine);
    EXPECT_TRUE(factory.ok()) << factory.error().message;
    auto engine = (*factory)->load(package, options);
    EXPECT_TRUE(engine.ok()) << engine.error().message;
    return engine.ok() ? std::move(*engine) : nullptr;
  }
  static OutputOp op() {
    const bool scores = GetParam().end == GraphEnd::scores || GetParam().end == GraphEnd::softmax;
    return scores ? OutputOp::softmax : OutputOp::argmax;
  }
  static std::int64_t side() { return GetParam().network_side ? GetParam().network_side : 24; }
  static std::vector<std::byte> run(Engine& engine, Tensor& pictures, int lane = 0) {
    Tensor output;
    const Status status = engine.infer(lane, pictures.view(), output);
    EXPECT_TRUE(status.ok()) << status.error().message;
    return {output.bytes(), output.bytes() + output.size_bytes()};
  }

  TempFolder folder_;
};

TEST_P(EngineContract, InfoSaysWhatInferGives) {
  const auto engine = load();
  ASSERT_NE(engine, nullptr);
  const EngineInfo& info = engine->info();
  EXPECT_EQ(info.name, GetParam().engine);
  EXPECT_FALSE(info.version.empty());
  EXPECT_FALSE(info.device_name.empty());
  EXPECT_EQ(info.class_count, 5);
  Tensor pictures = random_pictures({1, 3, side(), side()});
  Tensor output;
  ASSERT_TRUE(engine->infer(0, pictures.view(), output).ok());
  EXPECT_EQ(output.type(), info.output.type);
  ASSERT_EQ(output.shape().size(), info.output.shape.size());
  for (std::size_t i = 0; i < output.shape().size(); ++i)
    EXPECT_TRUE(info.output.shape[i] < 0 || output.shape()[i] == info.output.shape[i]) << i;
}

TEST_P(EngineContract, AnItemsResultDoesNotDependOnItsBatch) {
  const auto single = load();
  const auto batched = load({.batch = 4});
  ASSERT_TRUE(single && batched);
  Tensor four = random_pictures({4, 3, side(), side()});
  const auto together = run(*batched, four);
  const std::size_t item_values = four.size_bytes() / sizeof(float) / 4;
  std::vector<std::byte> apart;
  for (int item = 0; item < 4; ++item) {
    Tensor one(ElementType::f32, {1, 3, side(), side()});
    std::memcpy(one.bytes(), four.data<float>() + static_cast<std::size_t>(item) * item_values,
                one.size_bytes());
    const auto result = run(*single, one);
    apart.insert(apart.end(), result.begin(), result.end());
  }
  EXPECT_EQ(together, apart);
  Tensor three(ElementType::f32, {3, 3, side(), side()});
  std::memcpy(three.bytes(), four.bytes(), three.size_bytes());
  apart.resize(apart.size() / 4 * 3);
  EXPECT_EQ(run(*batched, three), apart) << "a smaller last batch";
}

TEST_P(EngineContract, LanesRunAtOnceAndThreadsChangeNothing) {
  const auto plain = load({.threads = 1});
  const auto wide = load({.threads = 4, .lanes = 2});
  ASSERT_TRUE(plain && wide);
  EXPECT_EQ(wide->info().lanes, 2);
  std::vector<std::thread> threads;
  std::vector<std::byte> results[2];
  Tensor pictures[2];
  for (int lane = 0; lane < 2; ++lane) {
    pictures[lane] = random_pictures({1, 3, side(), side()}, 10u + static_cast<unsigned>(lane));
    threads.emplace_back([&, lane] {
      for (int i = 0; i < 20; ++i) results[lane] = run(*wide, pictures[lane], lane);
    });
  }
  for (auto& thread : threads) thread.join();
  for (int lane = 0; lane < 2; ++lane) EXPECT_EQ(results[lane], run(*plain, pictures[lane]));
}

TEST_P(EngineContract, TheOutputsMemoryIsReused) {
  const auto engine = load();
  ASSERT_NE(engine, nullptr);
  Tensor pictures = random_pictures({1, 3, side(), side()});
  Tensor output;
  ASSERT_TRUE(engine->infer(0, pictures.view(), output).ok());
  const std::byte* memory = output.bytes();
  ASSERT_TRUE(engine->infer(0, pictures.view(), output).ok());
  EXPECT_EQ(output.bytes(), memory);
}

TEST_P(EngineContract, WrongInputIsAnErrorAfterWhichTheEngineWorks) {
  const auto engine = load({.batch = 2});
  ASSERT_NE(engine, nullptr);
  Tensor output;
  for (const Shape& shape : {Shape{3, 3, side(), side()}, Shape{0, 3, side(), side()},
                             Shape{1, 4, side(), side()}, Shape{3, side(), side()}, Shape{1, 3, 0, side()}}) {
    Tensor wrong = random_pictures(shape);
    const Status status = engine->infer(0, wrong.view(), output);
    ASSERT_FALSE(status.ok()) << to_string(shape);
    EXPECT_EQ(status.error().code, ErrorCode::engine_error);
    EXPECT_NE(status.error().message.find(to_string(shape)), std::string::npos);
  }
  Tensor pictures = random_pictures({1, 3, side(), side()});
  EXPECT_FALSE(engine->infer(1, pictures.view(), output).ok()) << "a lane that it does not have";
  EXPECT_FALSE(engine->infer(-1, pictures.view(), output).ok());
  EXPECT_TRUE(engine->infer(0, pictures.view(), output).ok());
}

class OpenSizeContract : public EngineContract {};

TEST_P(OpenSizeContract, PicturesOfSeveralSizesGoThroughOneEngine) {
  const auto engine = load({.batch = 2});
  ASSERT_NE(engine, nullptr);
  for (const Shape& shape : {Shape{1, 3, 16, 40}, Shape{2, 3, 33, 8}, Shape{1, 3, 16, 40}}) {
    Tensor pictures = random_pictures(shape);
    Tensor output;
    const Status status = engine->infer(0, pictures.view(), output);
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(output.shape().front(), shape[0]);
  }
}

TEST_P(EngineContract, UnknownDevicesAndOptionsAreNamed) {
  const auto factory = open_engine_factory(GetParam().engine);
  const auto package = tiny_package({}, folder_.path());
  ASSERT_TRUE(factory.ok());
  const auto load_with = [&](const EngineOptions& options) {
    auto engine = (*factory)->load(package, options);
    EXPECT_FALSE(engine.ok());
    return engine.ok() ? Error{ErrorCode::internal, ""} : engine.error();
  };
  const Error device = load_with({.device = "tpu:7"});
  EXPECT_EQ(device.code, ErrorCode::device_unknown);
  EXPECT_NE(device.message.find("tpu:7"), std::string::npos);
  EXPECT_NE(device.message.find("it has: cpu"), std::string::npos);
  const Error key = load_with({.device = GetParam().device, .extra = {{"NO_SUCH_KEY", "1"}}});
  EXPECT_EQ(key.code, ErrorCode::invalid_argument);
  EXPECT_NE(key.message.find("NO_SUCH_KEY"), std::string::npos);
  EXPECT_EQ(load_with({.device = GetParam().device, .lanes = 0}).code, ErrorCode::invalid_argument);
  EXPECT_EQ(load_with({.device = GetParam().device, .batch = 0}).code, ErrorCode::invalid_argument);
}

constexpr EngineCase kOpenSize[] = {
    {"openvino", "cpu", GraphEnd::argmax, 0},          {"openvino", "cpu", GraphEnd::softmax, 0},
    {"openvino", "cpu", GraphEnd::upsample_argmax, 0}, {"simulated", "sim:3", GraphEnd::argmax, 0},
    {"simulated", "cpu", GraphEnd::softmax, 0},
};
constexpr EngineCase kFixedSize[] = {
    {"openvino", "cpu", GraphEnd::argmax, 24},
    {"openvino", "cpu", GraphEnd::scores, 24},
    {"openvino", "cpu", GraphEnd::upsample_argmax, 24},
};
INSTANTIATE_TEST_SUITE_P(OpenSize, EngineContract, testing::ValuesIn(kOpenSize));
INSTANTIATE_TEST_SUITE_P(FixedSize, EngineContract, testing::ValuesIn(kFixedSize));
INSTANTIATE_TEST_SUITE_P(OpenSize, OpenSizeContract, testing::ValuesIn(kOpenSize));

}  // namespace
}  // namespace segfleet
