// SPDX-License-Identifier: Apache-2.0
#include "fleet/arena/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <random>

namespace segfleet {
namespace {

constexpr std::size_t kPage = 4096;

RegionPart passing(std::size_t bytes) {
  return {bytes, true};
}
RegionPart kept(std::size_t bytes) {
  return {bytes, false};
}

std::shared_ptr<Arena> make(std::size_t pages) {
  return Arena::create(pages * kPage).value();
}

std::shared_ptr<Region> one(Arena& arena, RegionPart part) {
  return arena.allocate({part}).value().front();
}

TEST(Arena, RegionsAreWritableApartAndGoBackByThemselves) {
  const auto arena = make(4);
  {
    const auto a = one(*arena, passing(5000));
    const auto b = one(*arena, kept(100));
    std::ranges::fill(a->bytes(), std::byte{1});
    std::ranges::fill(b->bytes(), std::byte{2});
    EXPECT_EQ(a->bytes().size(), 5000u);
    EXPECT_EQ(a->bytes().back(), std::byte{1});
    EXPECT_EQ(b->offset() % kPage, 0u);
    EXPECT_EQ(arena->free_bytes(), kPage);
  }
  EXPECT_EQ(arena->free_bytes(), 4 * kPage);
  EXPECT_EQ(one(*arena, kept(4 * kPage))->offset(), 0u) << "the holes have become one again";
}

TEST(Arena, ARegionOutlivesTheLastHandleOfItsArena) {
  std::shared_ptr<Region> region = one(*make(1), kept(10));
  region->bytes()[0] = std::byte{7};
  EXPECT_EQ(region->bytes()[0], std::byte{7});
}

TEST(Arena, WhatCouldNeverFitIsRefusedAtOnce) {
  const auto arena = make(2);
  const auto refused = arena->allocate({passing(kPage + 1), kept(1)});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(arena->free_bytes(), 2 * kPage);
}

TEST(Arena, AllPartsOrNone) {
  const auto arena = make(3);
  const auto held = one(*arena, passing(2 * kPage));
  bool full = false;
  ASSERT_TRUE(arena->allocate({kept(1), passing(kPage)}, &full).ok());
  EXPECT_TRUE(full);
  EXPECT_EQ(arena->free_bytes(), kPage);
}

TEST(Arena, WhoWaitsGetsTheRoomOfAPassingRegion) {
  const auto arena = make(1);
  auto held = one(*arena, passing(10));
  auto waiting = std::async(std::launch::async, [&] { return arena->allocate({kept(10)}).ok(); });
  held.reset();
  EXPECT_TRUE(waiting.get());
}

TEST(Arena, WhereOnlyKeptRegionsAreOutWaitingIsRefused) {
  const auto arena = make(2);
  const auto held = one(*arena, kept(2 * kPage));
  const auto refused = arena->allocate({passing(1)});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::out_of_memory);
  EXPECT_NE(refused.error().message.find("held by results"), std::string::npos);
}

TEST(Arena, WhoWaitsIsRefusedOnceTheLastPassingRegionLeftNoRoom) {
  const auto arena = make(2);
  const auto held = one(*arena, kept(kPage));
  auto gone = one(*arena, passing(kPage));
  auto waiting = std::async(std::launch::async, [&] { return arena->allocate({kept(2 * kPage)}); });
  gone.reset();
  const auto refused = waiting.get();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::out_of_memory);
}

TEST(Arena, ClosingEndsTheWait) {
  const auto arena = make(1);
  const auto held = one(*arena, passing(10));
  auto waiting = std::async(std::launch::async, [&] { return arena->allocate({kept(10)}); });
  arena->close();
  const auto refused = waiting.get();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::interrupted);
}

TEST(Arena, RegionsNeverOverlapHoweverTheyComeAndGo) {
  const auto arena = make(64);
  std::mt19937 random(11);
  std::vector<std::pair<std::shared_ptr<Region>, std::byte>> out;
  for (int step = 0; step < 5000; ++step) {
    bool full = false;
    auto regions = arena->allocate({passing(1 + random() % (6 * kPage))}, &full);
    ASSERT_TRUE(regions.ok());
    if (full || random() % 3 == 0) {
      if (out.empty()) continue;
      auto& victim = out[random() % out.size()];
      ASSERT_TRUE(
          std::ranges::all_of(victim.first->bytes(), [&](std::byte b) { return b == victim.second; }));
      std::swap(victim, out.back());
      out.pop_back();
      continue;
    }
    const auto mark = static_cast<std::byte>(step);
    std::ranges::fill(regions->front()->bytes(), mark);
    out.emplace_back(regions->front(), mark);
  }
  out.clear();
  EXPECT_EQ(arena->free_bytes(), 64 * kPage);
}

}  // namespace
}  // namespace segfleet
