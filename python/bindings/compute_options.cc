// SPDX-License-Identifier: Apache-2.0
#include "compute_options.h"

#include <fmt/format.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>

#include "python_error.h"
#include "text_caster.h"

namespace nb = nanobind;

namespace segfleet {
namespace {

template <typename Enum, std::size_t kCount>
void take_name(nb::dict& words, const char* name, const std::pair<const char*, Enum> (&known)[kCount],
               Enum& value) {
  std::string text;
  if (!take_word(words, name, text)) return;
  std::string names;
  for (const auto& [word, meaning] : known) {
    if (text == word) {
      value = meaning;
      return;
    }
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", word);
  }
  raise({ErrorCode::invalid_argument, fmt::format("{}='{}': it must be one of {}", name, text, names)});
}

}  // namespace

template <typename T>
bool take_word(nb::dict& words, const char* name, T& value) {
  if (!words.contains(name)) return false;
  const nb::object given = words[name];
  nb::del(words[name]);
  if (given.is_none()) return false;
  if (nb::try_cast(given, value)) return true;
  raise({ErrorCode::invalid_argument,
         fmt::format("{}={}: a value of a wrong type", name, nb::cast<std::string>(nb::repr(given)))});
}
template bool take_word(nb::dict&, const char*, bool&);
template bool take_word(nb::dict&, const char*, std::uint64_t&);

namespace {

// A number, or "auto".
void take_batch(nb::dict& words, int& batch) {
  std::string word;
  if (words.contains("batch") && nb::try_cast(words["batch"], word) && word == "auto") {
    nb::del(words["batch"]);
    batch = kAutoBatch;
    return;
  }
  if (take_word(words, "batch", batch) && batch < 1)
    raise({ErrorCode::invalid_argument, fmt::format("batch={}: it must be at least 1, or \"auto\"", batch)});
}

// Bytes, "4GiB" or "80%". False: it was not given.
bool take_amount(nb::dict& words, const char* name, MemoryAmount& amount) {
  std::uint64_t bytes = 0;
  if (words.contains(name) && nb::try_cast(words[name], bytes)) {
    nb::del(words[name]);
    amount = {bytes, 0};
    return true;
  }
  std::string text;
  if (!take_word(words, name, text)) return false;
  const Result<MemoryAmount> parsed = parse_memory_amount(text);
  if (!parsed.ok()) raise({parsed.error().code, fmt::format("{}: {}", name, parsed.error().message)});
  amount = *parsed;
  return true;
}

}  // namespace

void take_compute_options(nb::dict words, ComputeOptions& options) {
  take_word(words, "model", options.model);
  take_word(words, "devices", options.devices);
  take_word(words, "engine", options.engine);
  take_word(words, "engine_options", options.engine_options);
  take_word(words, "workers_per_device", options.workers_per_device);
  take_word(words, "lanes", options.lanes);
  take_word(words, "threads", options.threads);
  take_batch(words, options.batch);
  MemoryAmount limit;
  if (take_amount(words, "memory_limit", limit)) options.memory_limit = limit;
  take_amount(words, "memory_reserve", options.memory_reserve);
  take_word(words, "cache", options.cache_folder);
  take_word(words, "worker_program", options.worker_program);
  take_word(words, "python", options.python);
  take_word(words, "item_timeout", options.item_timeout_s);
  take_word(words, "max_pixels", options.limits.max_pixels);
  take_word(words, "max_file_bytes", options.limits.max_file_bytes);
  take_word(words, "min_confidence", options.min_confidence);
  take_word(words, "unknown_class", options.unknown_class);
  take_word(words, "multi_label", options.multi_label);
  take_word(words, "fast_decode", options.fast_decode);
  double threshold = 0;
  if (take_word(words, "threshold", threshold)) options.threshold = threshold;
  take_name(words, "size", {{"original", OutputSize::original}, {"network", OutputSize::network}},
            options.output_size);
  take_name(words, "restore", {{"labels", RestoreFrom::labels}, {"logits", RestoreFrom::logits}},
            options.restore);
  take_name(words, "paddleseg_version",
            {{"2.1", true},
             {"2.2", false},
             {"2.3", false},
             {"2.4", false},
             {"2.5", false},
             {"2.6", false},
             {"2.7", false},
             {"2.8", false},
             {"2.9", false}},
            options.argmax_first);
  take_name(words, "decode", {{"cpu", Decoder::cpu}, {"nvjpeg", Decoder::nvjpeg}}, options.decode);
  take_name(words, "precision", {{"fp32", Precision::fp32}, {"bf16", Precision::bf16}}, options.precision);
}

void refuse_the_rest(const nb::dict& words) {
  for (const auto& [name, value] : words)
    raise(
        {ErrorCode::invalid_argument, fmt::format("there is no option '{}'; help(segfleet.Fleet) lists them",
                                                  nb::cast<std::string>(nb::str(name)))});
}

}  // namespace segfleet
