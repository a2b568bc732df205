// SPDX-License-Identifier: Apache-2.0
// Every message's fields, once, for both directions: a Packer (writes) or an Unpacker (reads) visits them in
// this order. Names, types and ranges here are those of docs/protocol.md; a new field needs a line in both.
// All are required but those of optional(), which writes only what is there, and of optional_flag(), which
// writes only what is true.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include "transport/messages.h"

namespace segfleet {

// In the order of the variant Message.
inline constexpr std::array<std::string_view, std::variant_size_v<Message>> kMessageTypes = {
    "hello", "setup", "ready", "load_failed", "lease", "outcome", "outcomes", "stats", "note", "drain"};

inline constexpr std::array kStageNames = {
    std::pair{Stage::read, std::string_view("read")},
    std::pair{Stage::decode, std::string_view("decode")},
    std::pair{Stage::transform, std::string_view("transform")},
    std::pair{Stage::queue, std::string_view("queue")},
    std::pair{Stage::infer, std::string_view("infer")},
    std::pair{Stage::restore, std::string_view("restore")},
    std::pair{Stage::encode, std::string_view("encode")},
    std::pair{Stage::write, std::string_view("write")},
};
inline constexpr std::array kPrecisionNames = {
    std::pair{Precision::fp32, std::string_view("fp32")},
    std::pair{Precision::bf16, std::string_view("bf16")},
};
inline constexpr std::array kDecoderNames = {
    std::pair{Decoder::cpu, std::string_view("cpu")},
    std::pair{Decoder::nvjpeg, std::string_view("nvjpeg")},
};
inline constexpr std::array kOutputSizeNames = {
    std::pair{OutputSize::original, std::string_view("original")},
    std::pair{OutputSize::network, std::string_view("network")},
};

inline constexpr std::array kLayoutNames = {
    std::pair{Layout::segfleet, std::string_view("segfleet")},
    std::pair{Layout::infer, std::string_view("infer")},
    std::pair{Layout::predict, std::string_view("predict")},
};

inline constexpr int kMaxInt = std::numeric_limits<int>::max();
inline constexpr std::uint32_t kMaxUint32 = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::uint64_t kMaxUint64 = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();
inline constexpr int kMaxBatch = 65536;
inline constexpr int kMaxThreads = 65536;  // also lanes
inline constexpr int kMaxWorkers = 1'000'000;
inline constexpr int kMaxClasses = 1'000'000;

// What a visitor gets: it changes the message only where it reads one from bytes.
template <typename Visitor, typename T>
using Visited = std::conditional_t<Visitor::kWrites, const T, T>;

template <typename V>
void visit_fields(V& v, Visited<V, Hello>& m) {
  v.integer("protocol_version", m.protocol_version, 0, kMaxInt);
  v.text("segfleet_version", m.segfleet_version);
  v.integer("pid", m.pid, 0, kMaxInt);
}

template <typename V>
void visit_fields(V& v, Visited<V, EngineOptions>& m) {
  v.text("device", m.device);
  v.integer("threads", m.threads, 0, kMaxThreads);
  v.integer("lanes", m.lanes, 1, kMaxThreads);
  v.integer("batch", m.batch, 1, kMaxBatch);
  v.name("precision", m.precision, kPrecisionNames);
  v.path("cache_folder", m.cache_folder);
  v.texts("extra", m.extra);
  v.flag("scores", m.scores);
  v.integer("incarnation", m.incarnation, 1, kMaxInt);
}

template <typename V>
void visit_fields(V& v, Visited<V, DecodeLimits>& m) {
  v.integer("max_file_bytes", m.max_file_bytes, std::uint64_t{0}, kMaxUint64);
  v.integer("max_pixels", m.max_pixels, std::uint64_t{0}, kMaxUint64);
  v.integer("max_side", m.max_side, 0, kMaxInt);
  v.integer("max_jpeg_scans", m.max_jpeg_scans, 0, kMaxInt);
}

template <typename V>
void visit_fields(V& v, Visited<V, MemoryPlan>& m) {
  v.integer("limit_bytes", m.limit_bytes, std::uint64_t{0}, kMaxUint64);
  v.number("limit_share", m.limit_share, 0, 1);
  v.integer("reserve_bytes", m.reserve_bytes, std::uint64_t{0}, kMaxUint64);
  v.number("reserve_share", m.reserve_share, 0, 1);
  v.integer("workers", m.workers, 1, kMaxWorkers);
  v.integer("sharers", m.sharers, 1, kMaxWorkers);
  v.flag("grow_batch", m.grow_batch);
  v.integer("first_batch", m.first_batch, 0, kMaxBatch);
}

template <typename V>
void visit_fields(V& v, Visited<V, Setup>& m) {
  v.text("model", m.model);
  v.text("engine", m.engine);
  v.object("engine_options", m.engine_options);
  v.text("output", m.output);
  v.flag("write_mask", m.write_mask);
  v.flag("write_overlay", m.write_overlay);
  v.name("output_size", m.output_size, kOutputSizeNames);
  v.flag("sticky_resize_by_short", m.sticky_resize_by_short);
  v.object("limits", m.limits);
  v.integer("helper_threads", m.helper_threads, 1, kMaxThreads);
  v.integer("helper_threads_limit", m.helper_threads_limit, 1, kMaxThreads);
  v.name("layout", m.layout, kLayoutNames);
  v.flag("argmax_first", m.argmax_first);
  v.flag("fast_decode", m.fast_decode);
  v.name("decode", m.decode, kDecoderNames);
  v.flag("results_in_memory", m.results_in_memory);
  v.flag("write_confidence", m.write_confidence);
  v.number("min_confidence", m.min_confidence, 0, 1);
  v.integer("unknown_class", m.unknown_class, 0, 255);
  v.number("threshold", m.threshold, 0, 1);
  v.flag("multi_label", m.multi_label);
  v.object("memory", m.memory);
}

template <typename V>
void visit_fields(V& v, Visited<V, Ready>& m) {
  v.text("engine_version", m.engine_version);
  v.text("device_name", m.device_name);
  v.integer("batch", m.batch, 1, kMaxBatch);
  v.integer("lanes", m.lanes, 1, kMaxThreads);
  v.integer("class_count", m.class_count, 0, kMaxClasses);
  v.integer("load_us", m.load_us, std::int64_t{0}, kMaxInt64);
  v.flag("loaded_from_cache", m.loaded_from_cache);
}

template <typename V>
void visit_fields(V& v, Visited<V, Error>& m) {
  v.code("code", m.code);
  v.clipped_text("message", m.message);
}

template <typename V>
void visit_fields(V& v, Visited<V, LoadFailed>& m) {
  v.object("error", m.error);
}

template <typename V>
void visit_fields(V& v, Visited<V, ArenaPicture>& m) {
  v.integer("offset", m.offset, std::uint64_t{0}, kMaxUint64);
  v.integer("bytes", m.bytes, std::uint64_t{1}, kMaxUint64);
  v.integer("width", m.size.width, 0, kMaxInt);
  v.integer("height", m.size.height, 0, kMaxInt);
  v.integer("labels_offset", m.labels_offset, std::uint64_t{0}, kMaxUint64);
  v.integer("labels_bytes", m.labels_bytes, std::uint64_t{0}, kMaxUint64);
  v.integer("confidence_offset", m.confidence_offset, std::uint64_t{0}, kMaxUint64);
}

template <typename V>
void visit_fields(V& v, Visited<V, LeasedItem>& m) {
  v.integer("id", m.id, ItemId{0}, kMaxUint64);
  v.integer("attempt", m.attempt, 1u, kMaxUint32);
  v.text("input", m.input);
  v.text("stem", m.stem);
  v.optional("picture", m.picture);
  v.optional_flag("compare", m.compare);
}

template <typename V>
void visit_fields(V& v, Visited<V, Lease>& m) {
  v.objects("items", m.items);
}

template <typename V>
void visit_fields(V& v, Visited<V, DecodedOtherwise>& m) {
  v.integer("compared_pixels", m.compared_pixels, std::uint64_t{0}, kMaxUint64);
  v.integer("differing_pixels", m.differing_pixels, std::uint64_t{0}, kMaxUint64);
}

template <typename V>
void visit_fields(V& v, Visited<V, Outcome>& m) {
  v.integer("id", m.id, ItemId{0}, kMaxUint64);
  v.integer("attempt", m.attempt, 1u, kMaxUint32);
  v.flag("done", m.done);
  if (!m.done) {
    v.object("error", m.error);
    v.name("failed_stage", m.failed_stage, kStageNames);
  }
  v.integer("width", m.picture.width, 0, kMaxInt);
  v.integer("height", m.picture.height, 0, kMaxInt);
  v.integer("input_bytes", m.input_bytes, std::uint64_t{0}, kMaxUint64);
  v.integer("labels_width", m.labels.width, 0, kMaxInt);
  v.integer("labels_height", m.labels.height, 0, kMaxInt);
  v.integer("mask_bytes", m.mask_bytes, std::uint64_t{0}, kMaxUint64);
  v.digest("mask_hash", m.mask_hash);
  v.integer("overlay_bytes", m.overlay_bytes, std::uint64_t{0}, kMaxUint64);
  v.integer("confidence_bytes", m.confidence_bytes, std::uint64_t{0}, kMaxUint64);
  v.durations("stage_us", m.stage_us);
  v.durations("moments_us", m.moments_us);
  v.class_pixels("class_pixels", m.class_pixels);
  v.optional("decoded_otherwise", m.decoded_otherwise);
}

template <typename V>
void visit_fields(V& v, Visited<V, Outcomes>& m) {
  v.objects("outcomes", m.outcomes);
}

template <typename V>
void visit_fields(V& v, Visited<V, MemoryUse>& m) {
  v.integer("batch", m.batch, 0, kMaxBatch);
  v.integer("used_bytes", m.used_bytes, std::uint64_t{0}, kMaxUint64);
  v.integer("free_bytes", m.free_bytes, std::uint64_t{0}, kMaxUint64);
  v.integer("total_bytes", m.total_bytes, std::uint64_t{0}, kMaxUint64);
}

template <typename V>
void visit_fields(V& v, Visited<V, Stats>& m) {
  v.integer("wall_us", m.wall_us, std::int64_t{0}, kMaxInt64);
  v.integer("engine_busy_us", m.engine_busy_us, std::int64_t{0}, kMaxInt64);
  v.integer("engine_idle_us", m.engine_idle_us, std::int64_t{0}, kMaxInt64);
  v.integer("queued_prepare", m.queued_prepare, 0u, kMaxUint32);
  v.integer("queued_infer", m.queued_infer, 0u, kMaxUint32);
  v.integer("queued_finish", m.queued_finish, 0u, kMaxUint32);
  v.integer("prepare_threads", m.prepare_threads, 0, kMaxThreads);
  v.integer("finish_threads", m.finish_threads, 0, kMaxThreads);
  v.integer("peak_rss_bytes", m.peak_rss_bytes, std::uint64_t{0}, kMaxUint64);
  v.object("memory", m.memory);
}

template <typename V>
void visit_fields(V& v, Visited<V, Note>& m) {
  v.clipped_text("text", m.text);
}

template <typename V>
void visit_fields(V& /*v*/, Visited<V, Drain>& /*m*/) {}

}  // namespace segfleet
