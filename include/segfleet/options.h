// SPDX-License-Identifier: Apache-2.0
// Everything a run can be told, one field a line: default, unit, when to change it.
// The CLI derives from this. Thread-safety: plain data.
// Errors: run() checks it and names what it cannot honour.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "segfleet/engine.h"
#include "segfleet/image.h"

namespace segfleet {

enum class OutputSize { original, network };
enum class RestoreFrom {
  labels,  // what the graph gives: of argmax exports labels, enlarged with nearest
  logits,  // scores: an argmax export's graph is cut before its ArgMax, so that edges are as smooth as
           // predict.py's
};
enum class Layout {
  segfleet,  // masks/, overlays/, confidence/ below the output folder
  infer,     // deploy/python/infer.py's: <name>.png in the output folder itself, of the network's size
  predict,   // predict.py's: pseudo_color_prediction/, and added_prediction/ under the input's own suffix
};
enum class Decoder { cpu, nvjpeg };
enum class NameStyle { stem, full };  // a.jpg -> a.png, or a.jpg.png
enum class ResumeMode {
  automatic,  // continue where a ledger is, start where none is
  resume,     // a ledger must be there
  restart,    // forget the ledger and compute everything again
};

// Bytes, or a share of what a device has; one of them is 0.
struct MemoryAmount {
  std::uint64_t bytes = 0;
  double share = 0;  // 0 to 1
};
// "4294967296", "4GiB", "512 MiB", "80%". Errors: invalid_argument, quoting the text.
Result<MemoryAmount> parse_memory_amount(const std::string& text);

inline constexpr int kAutoBatch = -1;

// How anything is computed: by a run, or by a fleet (fleet.h).
struct ComputeOptions {
  // Changes pixels.
  std::filesystem::path model;  // model package folder
  OutputSize output_size = OutputSize::original;
  RestoreFrom restore = RestoreFrom::labels;  // logits: bilinear + argmax at the picture's size, slower
  bool argmax_first = false;  // PaddleSeg 2.1: of scores the argmax at network size, enlarged with nearest
  double min_confidence = 0;  // 0 to 1: below, a pixel's label is unknown_class; needs scores
  int unknown_class = 255;    // 0 to 255
  std::optional<double> threshold;  // between 0 and 1: class 1 where its probability is above, else class 0;
                                    // for models of one or two classes that give scores. Unset: the argmax
  // Classes do not exclude each other: a pixel's label is the sum of index + 1 over the classes whose
  // probability is above the threshold (unset: 0.5), 0 where there is none; needs scores. As PaddleSeg's
  // use_multilabel.
  bool multi_label = false;
  Precision precision = Precision::fp32;
  // JPEG files and encoded JPEGs are decoded at a half, a quarter or an eighth, where the first transform
  // makes them that small or smaller: faster, and some labels change. Not together with overlays.
  bool fast_decode = false;
  // nvjpeg: NVIDIA cards decode the common kinds of JPEG, and the CPU all other pictures; some labels change.
  // Every device of the run must be such a card; not together with fast_decode.
  Decoder decode = Decoder::cpu;

  // The engine: another one, or another option of it, may change pixels within rounding.
  std::string engine = "auto";  // by model, devices and what is installed; or "openvino", "paddle",
                                // "onnxruntime", "package.module:Class"
  std::map<std::string, std::string> engine_options;

  // No effect on any pixel.
  std::string devices = "auto";  // "auto", "cpu", "cpu:0-3", "cpu*4", "gpu:0,1", comma-separated
  int workers_per_device = 1;
  // Engine calls at once in a worker; 0: on the CPU one a core, at most 8, on a card that ONNX Runtime drives
  // 2 with batch 1, elsewhere 1.
  int lanes = 0;
  int threads = 0;  // compute threads of a worker's engine; 0: as many as it has cores
  // Items per engine call. More are not always faster: kAutoBatch grows them from 1, as long as memory is
  // left and the measured gain is worth it.
  int batch = 1;
  std::optional<MemoryAmount> memory_limit;  // of each device for its workers; unset: what is free
  MemoryAmount memory_reserve{std::uint64_t{256} << 20U, 0};  // of a device's free memory, left to others
  std::filesystem::path cache_folder;    // compiled models; empty: $XDG_CACHE_HOME/segfleet
  std::filesystem::path worker_program;  // empty: segfleet-worker beside the program, else where installed
  std::filesystem::path
      python;  // hosts engines that are Python classes; empty: $SEGFLEET_PYTHON, else python3
  DecodeLimits limits;
  double item_timeout_s = 300;  // a worker silent for so long about one item is killed
};

struct RunOptions : ComputeOptions {
  std::vector<std::string> inputs;    // files, folders, globs, @list files, "-" for a list on standard input
  std::filesystem::path output;       // folder; made where it does not exist
  bool write_mask = true;             // masks/<relative path>.png, palette PNG, pixel = class index
  bool write_overlay = false;         // overlays/<relative path>.jpg, 0.6 picture + 0.4 colours
  bool write_confidence = false;      // confidence/<relative path>.png, 8-bit grey, round(255 * probability)
  Layout layout = Layout::segfleet;   // infer: the mask, of the network's size; predict: mask and overlay
  NameStyle names = NameStyle::stem;  // full: where a.jpg and a.png lie side by side
  bool sticky_resize_by_short = false;  // as PaddleSeg: depends on order; needs one worker and batch 1
  ResumeMode resume = ResumeMode::automatic;
  // Once more items have failed, the run ends with too_many_failures; what is at the workers is finished
  // first. Nothing: failures end no run.
  std::optional<std::uint64_t> max_failures;
};

}  // namespace segfleet
