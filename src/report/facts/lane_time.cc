// SPDX-License-Identifier: Apache-2.0
#include "report/facts/lane_time.h"

#include <algorithm>
#include <set>
#include <utility>

namespace segfleet {
namespace {

// How many of a worker's items, or batches, are where.
struct Counts {
  std::int64_t preparing = 0;
  std::int64_t prepared = 0;    // and not yet in the engine
  std::int64_t batches = 0;     // in the engine
  std::int64_t unfinished = 0;  // out of the engine, and restore has not begun
  std::int64_t behind = 0;      // out of the engine, and not ended
};

struct Event {
  std::int64_t at_us;
  std::int64_t Counts::*count;
  std::int64_t change;
};

void add(std::vector<Event>& events, std::int64_t Counts::*count, std::int64_t from_us, std::int64_t to_us) {
  if (to_us <= from_us) return;
  events.push_back({from_us, count, 1});
  events.push_back({to_us, count, -1});
}

std::vector<Event> events_of(const std::vector<ItemSpan>& items, std::int64_t more_until_us) {
  std::vector<Event> events;
  events.reserve(items.size() * 10 + 1);
  events.push_back({more_until_us, &Counts::behind, 0});  // no piece of time goes across it
  std::set<std::pair<std::int64_t, std::int64_t>> batches;
  for (const ItemSpan& item : items) {
    add(events, &Counts::preparing, item.begin_us, item.prepared_us);
    if (item.infer_begin_us == 0) continue;
    add(events, &Counts::prepared, item.prepared_us, item.infer_begin_us);
    if (batches.emplace(item.infer_begin_us, item.infer_end_us).second)
      add(events, &Counts::batches, item.infer_begin_us, item.infer_end_us);
    add(events, &Counts::behind, item.infer_end_us, item.end_us);
    if (item.finish_begin_us > 0) add(events, &Counts::unfinished, item.infer_end_us, item.finish_begin_us);
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at_us < b.at_us; });
  return events;
}

LaneUse why_free(const Counts& counts, bool more) {
  if (counts.prepared > 0) return counts.unfinished > 0 ? LaneUse::output : LaneUse::handover;
  if (counts.preparing > 0) return LaneUse::input;
  return counts.behind > 0 && more ? LaneUse::output : LaneUse::no_item;
}

}  // namespace

ItemSpan span_of(const ItemRecord& item) {
  ItemSpan span;
  span.begin_us = item.at(Moment::begin);
  span.infer_begin_us = item.at(Moment::infer_begin);
  span.infer_end_us = std::max(item.at(Moment::infer_end), span.infer_begin_us);
  span.finish_begin_us = item.at(Moment::finish_begin);
  span.end_us = item.at(Moment::end);
  const std::int64_t limit = span.infer_begin_us > 0 ? span.infer_begin_us : span.end_us;
  span.prepared_us = std::min(
      limit, span.begin_us + item.in(Stage::read) + item.in(Stage::decode) + item.in(Stage::transform));
  return span;
}

void lane_time(const std::vector<ItemSpan>& items, std::int64_t lanes, std::int64_t from_us,
               std::int64_t to_us, std::int64_t more_until_us, const UseOfLanes& use) {
  Counts counts;
  std::int64_t at = from_us;
  const auto until = [&](std::int64_t next) {
    next = std::min(next, to_us);
    if (next <= at) return;
    const std::int64_t busy = std::min(lanes, counts.batches);
    if (busy > 0) use(at, next, LaneUse::busy, busy);
    if (busy < lanes) use(at, next, why_free(counts, at < more_until_us), lanes - busy);
    at = next;
  };
  for (const Event& event : events_of(items, more_until_us)) {
    until(event.at_us);
    counts.*event.count += event.change;
  }
  until(to_us);
}

}  // namespace segfleet
