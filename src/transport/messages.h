// SPDX-License-Identifier: Apache-2.0
// What the coordinator and a worker say to each other: one MessagePack map per SOCK_SEQPACKET message.
// The bytes are documented in docs/protocol.md and pinned by tests/transport/golden/.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/options.h"

namespace segfleet {

inline constexpr int kProtocolVersion = 2;
inline constexpr std::size_t kMaxMessageBytes = std::size_t{64} * 1024;
inline constexpr int kMaxMessageDepth = 8;
// Descriptors that a worker inherits.
inline constexpr int kWorkerSocketFd = 3;
inline constexpr int kWorkerArenaFd = 4;  // where Setup says results_in_memory

using ItemId = std::uint64_t;

// The stages of an item in the worker, in order; the ledger has one column for each.
enum class Stage : std::uint8_t { read, decode, transform, queue, infer, restore, encode, write };
inline constexpr std::size_t kStageCount = 8;
std::string_view name_of(Stage stage);
using StageTimes = std::array<std::int64_t, kStageCount>;  // microseconds

// When an item got where, so that its way can be drawn: microseconds since Ready; 0: it did not get there.
enum class Moment : std::uint8_t {
  begin,         // read begins
  infer_begin,   // the engine takes its batch
  infer_end,     // the engine has done that
  finish_begin,  // restore begins
  write_begin,   // the writing of its group of files begins
  end,           // its outcome is sent
};
inline constexpr std::size_t kMomentCount = 6;
using Moments = std::array<std::int64_t, kMomentCount>;

// worker → coordinator, first message.
struct Hello {
  int protocol_version = kProtocolVersion;
  std::string segfleet_version;
  int pid = 0;
};
// How much of its device's memory a worker may use, and with which batch it begins.
struct MemoryPlan {
  std::uint64_t limit_bytes = 0;    // of the device for all its workers; 0: none
  double limit_share = 0;           // of all that the device has; 0: none
  std::uint64_t reserve_bytes = 0;  // of free memory, left to others
  double reserve_share = 0;         // the same, of all that the device has
  int workers = 1;                  // on the device
  int sharers = 1;                  // workers of the run that share its memory: CPU devices have one memory
  bool grow_batch = false;          // from 1, as long as it pays; else up to engine_options.batch at once
  int first_batch = 0;  // where an earlier worker on the device got into trouble; 0: nothing known
};
// coordinator → worker, answer to Hello:
// everything that the worker needs to load the model and to write results.
struct Setup {
  std::string model;  // model package folder
  std::string engine;
  EngineOptions engine_options;
  std::string output;  // output folder
  Layout layout = Layout::segfleet;
  bool write_mask = true;
  bool write_overlay = false;
  bool write_confidence = false;
  double min_confidence = 0;  // 0 to 1
  int unknown_class = 255;
  double threshold = 0;  // 0: none
  bool multi_label = false;
  OutputSize output_size = OutputSize::original;
  bool argmax_first = false;
  bool fast_decode = false;  // a JPEG may be decoded smaller, as far as the first resize allows
  Decoder decode = Decoder::cpu;
  bool sticky_resize_by_short = false;
  // Labels go back in memory and no file is written; pictures may come in the arena, which the worker
  // inherits.
  bool results_in_memory = false;
  DecodeLimits limits;
  int helper_threads = 2;        // for decode + transform, and again for restore + encode, at first
  int helper_threads_limit = 1;  // of each of the two, where the engine waits for them; below: not more
  MemoryPlan memory;
};
// worker → coordinator: the model is loaded; items are welcome.
struct Ready {
  std::string engine_version;
  std::string device_name;
  int batch = 1;  // items per engine call at most, by what is known of the memory
  int lanes = 1;
  int class_count = 0;       // 0: unknown
  std::int64_t load_us = 0;  // from Setup to here
  bool loaded_from_cache = false;
};
// worker → coordinator: the model cannot be loaded on this device; the worker exits.
struct LoadFailed {
  Error error;
};
// A picture in the arena instead of a file. Offsets count from the arena's first byte.
struct ArenaPicture {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  Size size;  // of H×W×3 BGR pixels without gaps; 0×0: the bytes are an encoded picture
  // Where its labels go, and after or beside them the confidence where it is asked for.
  // labels_bytes 0: into memory of their own, attached to the outcome.
  std::uint64_t labels_offset = 0;
  std::uint64_t labels_bytes = 0;
  std::uint64_t confidence_offset = 0;
};
// coordinator → worker.
struct LeasedItem {
  ItemId id = 0;
  std::uint32_t attempt = 1;  // 1 for the first lease of the item; an outcome repeats it
  std::string input;          // path of the picture, or what to call it in messages
  std::string stem;           // output path below masks/ and overlays/, without the suffix
  std::optional<ArenaPicture> picture{};
  // It, or the next that is decoded otherwise than PaddleSeg does: tell what that does to its labels.
  bool compare = false;
};
struct Lease {
  std::vector<LeasedItem> items;
};
struct ClassPixels {
  int class_index = 0;
  std::uint64_t pixels = 0;
};
// Of a picture that fast decode made smaller, or that the card decoded.
struct DecodedOtherwise {
  std::uint64_t compared_pixels = 0;   // of its labels, computed again from PaddleSeg's pixels; 0: were not
  std::uint64_t differing_pixels = 0;  // of those, with another label
};
// worker → coordinator: one per leased item. Every file of a done item is durable when this is sent.
struct Outcome {
  ItemId id = 0;
  std::uint32_t attempt = 1;
  bool done = false;
  Error error{ErrorCode::internal, ""};  // meaningful where !done
  Stage failed_stage = Stage::read;      // meaningful where !done
  Size picture;                          // 0×0 where it was not decoded
  std::uint64_t input_bytes = 0;
  Size labels;  // where they went back in memory; else 0×0
  std::uint64_t mask_bytes = 0;
  std::string mask_hash;  // XXH3-128 of the mask file, 32 hex digits
  std::uint64_t overlay_bytes = 0;
  std::uint64_t confidence_bytes = 0;
  StageTimes stage_us{};
  Moments moments_us{};
  std::vector<ClassPixels> class_pixels;  // classes that occur
  std::optional<DecodedOtherwise> decoded_otherwise{};
};
// worker → coordinator: of items that were done together, in one message.
struct Outcomes {
  std::vector<Outcome> outcomes;
};
// A done outcome takes no more bytes on the wire, whatever is in it: 256 classes of 11 bytes, and the rest.
inline constexpr std::size_t kMaxDoneOutcomeBytes = std::size_t{256} * 11 + 640;
struct MemoryUse {
  int batch = 0;                  // items per engine call at present; 0: not known
  std::uint64_t used_bytes = 0;   // by this worker, when the batch grew last
  std::uint64_t free_bytes = 0;   // of the device, at that time
  std::uint64_t total_bytes = 0;  // of the device; 0: it cannot be measured
};
// worker → coordinator, about every 250 ms while loaded.
struct Stats {
  std::int64_t wall_us = 0;         // since Ready
  std::int64_t engine_busy_us = 0;  // summed over lanes since Ready
  std::int64_t engine_idle_us = 0;  // of that, summed over lanes: waited for input with no work at hand
  std::uint32_t queued_prepare = 0;
  std::uint32_t queued_infer = 0;
  std::uint32_t queued_finish = 0;
  int prepare_threads = 0;  // helpers at work on decode + transform
  int finish_threads = 0;   // on restore + encode
  std::uint64_t peak_rss_bytes = 0;
  MemoryUse memory;
};
// worker → coordinator: something the user should be told once.
struct Note {
  std::string text;
};
// coordinator → worker: finish what is leased, then exit. End-of-file means: exit at once.
struct Drain {};

using Message = std::variant<Hello, Setup, Ready, LoadFailed, Lease, Outcome, Outcomes, Stats, Note, Drain>;

// Error and note texts over 16 KiB are cut.
// The caller checks the size against kMaxMessageBytes (Channel does).
std::vector<std::byte> encode(const Message& message);
void encode(const Message& message, std::vector<std::byte>& bytes);  // instead of what is in `bytes`
// Errors: protocol_error, naming the field. Never throws, never recurses deeper than kMaxMessageDepth. Fields
// that it does not know are ignored.
Result<Message> decode(std::span<const std::byte> bytes);
// Into `message`, in the memory of the one of the same type that it held; of no use after an error.
Status decode(std::span<const std::byte> bytes, Message& message);

}  // namespace segfleet
