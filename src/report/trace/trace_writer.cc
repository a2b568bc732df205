// SPDX-License-Identifier: Apache-2.0
#include "report/trace/trace_writer.h"

#include <algorithm>
#include <utility>

namespace segfleet {
namespace {

TraceWriter::Json event(std::string_view phase, std::string_view name, Track track, std::int64_t at_us) {
  return {{"ph", phase}, {"name", name}, {"pid", track.process}, {"tid", track.thread}, {"ts", at_us}};
}

}  // namespace

TraceWriter::TraceWriter(StreamedFile& file) : file_(file) {
  file_.write("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
}

void TraceWriter::put(const Json& event) {
  file_.write(first_ ? "\n" : ",\n");
  first_ = false;
  file_.write(event.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void TraceWriter::name_process(std::int64_t process, std::string_view name) {
  Json named = event("M", "process_name", {process, 0}, 0);
  named["args"] = {{"name", name}};
  put(named);
  Json sorted = event("M", "process_sort_index", {process, 0}, 0);
  sorted["args"] = {{"sort_index", process}};
  put(sorted);
}

void TraceWriter::name_track(Track track, std::string_view name) {
  Json named = event("M", "thread_name", track, 0);
  named["args"] = {{"name", name}};
  put(named);
  Json sorted = event("M", "thread_sort_index", track, 0);
  sorted["args"] = {{"sort_index", track.thread}};
  put(sorted);
}

void TraceWriter::span(Track track, std::string_view name, std::int64_t from_us, std::int64_t to_us,
                       Json args) {
  Json span = event("X", name, track, from_us);
  span["dur"] = std::max<std::int64_t>(0, to_us - from_us);
  if (!args.is_null()) span["args"] = std::move(args);
  put(span);
}

void TraceWriter::instant(Track track, std::string_view name, std::int64_t at_us, Json args) {
  Json instant = event("i", name, track, at_us);
  instant["s"] = "p";
  if (!args.is_null()) instant["args"] = std::move(args);
  put(instant);
}

void TraceWriter::counter(std::int64_t process, std::string_view name, std::int64_t at_us, Json values) {
  Json counter = event("C", name, {process, 0}, at_us);
  counter["args"] = std::move(values);
  put(counter);
}

void TraceWriter::end() {
  file_.write("\n]}\n");
}

}  // namespace segfleet
