// SPDX-License-Identifier: Apache-2.0
// Trace Event JSON, which Perfetto and chrome://tracing read, event by event into a file.
// Thread-safety: one thread at a time.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "io/sink/streamed_file.h"

namespace segfleet {

// A track: Trace Event's pid and tid.
struct Track {
  std::int64_t process = 0;
  std::int64_t thread = 0;
};

class TraceWriter {
 public:
  using Json = nlohmann::ordered_json;

  explicit TraceWriter(StreamedFile& file);
  void name_process(std::int64_t process, std::string_view name);
  void name_track(Track track, std::string_view name);  // tracks are shown in the order of their numbers
  // Spans of one track nest, or follow each other. Times are microseconds.
  void span(Track track, std::string_view name, std::int64_t from_us, std::int64_t to_us, Json args = {});
  void instant(Track track, std::string_view name, std::int64_t at_us, Json args = {});
  void counter(std::int64_t process, std::string_view name, std::int64_t at_us, Json values);
  void end();

 private:
  void put(const Json& event);

  StreamedFile& file_;
  bool first_ = true;
};

}  // namespace segfleet
