// SPDX-License-Identifier: Apache-2.0
#include "worker/infer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <new>

#include "fake_engine.h"

namespace segfleet {
namespace {

constexpr std::int64_t kHeight = 4;
constexpr std::int64_t kWidth = 2;

// Every value of item i's input is i.
std::vector<ItemPtr> make_items(std::size_t count) {
  std::vector<ItemPtr> items;
  for (std::size_t i = 0; i < count; ++i) {
    auto item = std::make_unique<Item>();
    item->begin({i, 1, fmt::format("/in/{}.png", i), fmt::format("{}", i)});
    item->input = std::make_shared<Tensor>(ElementType::f32, Shape{1, 3, kHeight, kWidth});
    std::fill_n(item->input->data<float>(), 3 * kHeight * kWidth, static_cast<float>(i));
    items.push_back(std::move(item));
  }
  return items;
}

float value_of_item(const TensorView& input, std::int64_t index) {
  return static_cast<const float*>(input.data)[index * 3 * kHeight * kWidth];
}

// Each item's labels are its input value.
Status answer_identity(const TensorView& input, Tensor& output) {
  output.reset(ElementType::u8, {input.shape[0], kHeight, kWidth});
  for (std::int64_t i = 0; i < input.shape[0]; ++i)
    std::memset(output.bytes() + i * kHeight * kWidth, static_cast<int>(value_of_item(input, i)),
                kHeight * kWidth);
  return {};
}

struct Notes {
  std::vector<std::string> texts;
  std::function<void(std::string)> sink() {
    return [this](std::string text) { texts.push_back(std::move(text)); };
  }
};

BatchControl control_of(const std::string& device, int batch, Notes& notes) {
  return {BatchBounds{batch, false, 0},
          MemoryWatch({}, [] { return std::optional<DeviceMemory>(); }, 1), device, notes.sink()};
}

void expect_own_output(const Item& item) {
  ASSERT_FALSE(item.failed) << item.outcome.error.message;
  const std::byte label = item.output->bytes()[item.output_index * kHeight * kWidth];
  EXPECT_EQ(std::to_integer<std::size_t>(label), item.leased.id);
}

TEST(Infer, OneItemGoesInWithoutACopy) {
  Notes notes;
  const void* own = nullptr;
  FakeEngine engine([&](const TensorView& input, Tensor& output) {
    EXPECT_EQ(input.data, own);
    return answer_identity(input, output);
  });
  BatchControl batches = control_of("cpu", 1, notes);
  Infer infer(engine, batches);
  std::vector<ItemPtr> items = make_items(1);
  own = items[0]->input->bytes();
  infer.run(0, items);
  expect_own_output(*items[0]);
  EXPECT_EQ(items[0]->input, nullptr);
}

TEST(Infer, EveryItemOfABatchGetsItsOwnOutput) {
  Notes notes;
  FakeEngine engine(answer_identity);
  BatchControl batches = control_of("cpu", 5, notes);
  Infer infer(engine, batches);
  std::vector<ItemPtr> items = make_items(5);
  infer.run(0, items);
  EXPECT_EQ(engine.shapes(), (std::vector<Shape>{{5, 3, kHeight, kWidth}}));
  for (const ItemPtr& item : items) expect_own_output(*item);
}

TEST(Infer, ABatchOfSeveralLiesInTheMemoryThatTheEngineGives) {
  Notes notes;
  LentRoom room;
  FakeEngine engine([&](const TensorView& input, Tensor& output) {
    EXPECT_TRUE(room.holds(input.data));
    return answer_identity(input, output);
  });
  BatchControl batches = control_of("gpu:0", 5, notes);
  Infer infer(engine, batches, room.source());
  for (int call = 0; call < 3; ++call) {
    std::vector<ItemPtr> items = make_items(5);
    infer.run(0, items);
    for (const ItemPtr& item : items) expect_own_output(*item);
  }
  EXPECT_EQ(room.asked(), 1) << "the memory is used again";
}

TEST(Infer, ABatchThatDoesNotFitIsHalvedUntilItDoes) {
  Notes notes;
  FakeEngine engine([](const TensorView& input, Tensor& output) -> Status {
    if (input.shape[0] > 3) return Error{ErrorCode::out_of_memory, "no room"};
    return answer_identity(input, output);
  });
  BatchControl batches = control_of("gpu:0", 8, notes);
  Infer infer(engine, batches);
  std::vector<ItemPtr> items = make_items(8);
  infer.run(0, items);
  for (const ItemPtr& item : items) expect_own_output(*item);
  EXPECT_EQ(batches.limit(), 2u);
  EXPECT_EQ(notes.texts,
            (std::vector<std::string>{"gpu:0: batch 8 did not fit in memory, continuing with 4",
                                      "gpu:0: batch 4 did not fit in memory, continuing with 2"}));
}

TEST(Infer, AnExceptionForMemoryIsHandledLikeTheError) {
  Notes notes;
  FakeEngine engine([](const TensorView& input, Tensor& output) -> Status {
    if (input.shape[0] > 1) throw std::bad_alloc();
    return answer_identity(input, output);
  });
  BatchControl batches = control_of("cpu", 3, notes);
  Infer infer(engine, batches);
  std::vector<ItemPtr> items = make_items(3);
  infer.run(0, items);
  for (const ItemPtr& item : items) expect_own_output(*item);
  EXPECT_EQ(batches.limit(), 1u);
}

TEST(Infer, AnItemThatDoesNotFitAloneFails) {
  Notes notes;
  FakeEngine engine(
      [](const TensorView&, Tensor&) -> Status { return Error{ErrorCode::out_of_memory, "no room"}; });
  BatchControl batches = control_of("cpu", 2, notes);
  Infer infer(engine, batches);
  std::vector<ItemPtr> items = make_items(2);
  infer.run(0, items);
  for (const ItemPtr& item : items) {
    EXPECT_TRUE(item->failed);
    EXPECT_EQ(item->outcome.error.code, ErrorCode::out_of_memory);
    EXPECT_EQ(item->outcome.failed_stage, Stage::infer);
    EXPECT_EQ(item->outcome.error.message, item->leased.input + ": no room");
  }
}

TEST(Infer, OnlyTheGuiltyItemOfABatchFails) {
  Notes notes;
  FakeEngine engine([](const TensorView& input, Tensor& output) -> Status {
    for (std::int64_t i = 0; i < input.shape[0]; ++i)
      if (value_of_item(input, i) == 2.0F) return Error{ErrorCode::engine_error, "cannot bear a 2"};
    return answer_identity(input, output);
  });
  BatchControl batches = control_of("cpu", 4, notes);
  Infer infer(engine, batches);
  std::vector<ItemPtr> items = make_items(4);
  infer.run(0, items);
  for (const std::size_t innocent : {0, 1, 3}) expect_own_output(*items[innocent]);
  EXPECT_EQ(items[2]->outcome.error.code, ErrorCode::engine_error);
  EXPECT_EQ(items[2]->outcome.error.message, "/in/2.png: cannot bear a 2");
  EXPECT_EQ(batches.limit(), 4u);
  EXPECT_TRUE(notes.texts.empty());
}

struct WrongOutput {
  ElementType type;
  Shape shape;
  std::string named;
};

TEST(Infer, OutputsOfAnotherCountOrShapeAreRefused) {
  for (const WrongOutput& wrong : {WrongOutput{ElementType::u8, {2, kHeight, kWidth}, "u8 2x4x2"},
                                   WrongOutput{ElementType::i32, {0, kHeight, kWidth}, "i32 0x4x2"},
                                   WrongOutput{ElementType::u8, {1, kWidth, kHeight}, "u8 1x2x4"},
                                   WrongOutput{ElementType::i64, {1, 5, kHeight, kWidth}, "i64 1x5x4x2"},
                                   WrongOutput{ElementType::f32, {1, kHeight, kWidth}, "f32 1x4x2"},
                                   WrongOutput{ElementType::f32, {1, 0, kHeight, kWidth}, "f32 1x0x4x2"},
                                   WrongOutput{ElementType::u8, {}, "u8 "}}) {
    Notes notes;
    FakeEngine engine([&](const TensorView&, Tensor& output) -> Status {
      output.reset(wrong.type, wrong.shape);
      return {};
    });
    BatchControl batches = control_of("cpu", 1, notes);
    Infer infer(engine, batches);
    std::vector<ItemPtr> items = make_items(1);
    infer.run(0, items);
    ASSERT_TRUE(items[0]->failed) << wrong.named;
    EXPECT_EQ(items[0]->outcome.error.code, ErrorCode::engine_error);
    const std::string& message = items[0]->outcome.error.message;
    EXPECT_NE(message.find("gave " + wrong.named + " for an input of 1x3x4x2"), std::string::npos) << message;
    EXPECT_EQ(items[0]->output, nullptr);
  }
}

TEST(Infer, ScoresAreTakenToo) {
  Notes notes;
  FakeEngine engine([](const TensorView& input, Tensor& output) -> Status {
    output.reset(ElementType::f32, {input.shape[0], 7, kHeight, kWidth});
    return {};
  });
  BatchControl batches = control_of("cpu", 2, notes);
  Infer infer(engine, batches);
  std::vector<ItemPtr> items = make_items(2);
  infer.run(0, items);
  EXPECT_FALSE(items[0]->failed);
  EXPECT_FALSE(items[1]->failed);
}

}  // namespace
}  // namespace segfleet
