// SPDX-License-Identifier: Apache-2.0
#include "cli/compute_words.h"

namespace segfleet {

void add_decode_words(CLI::App& command, ComputeOptions& compute, const std::string& group) {
  command
      .add_flag("--fast-decode", compute.fast_decode,
                "Decode JPEGs at a half, a quarter or an eighth where the model's first resize makes them so "
                "small; changes some labels, and the report says how many")
      ->group(group);
  command
      .add_option("--decode", compute.decode,
                  "What decodes the common kinds of JPEG: the CPU, or NVIDIA cards by nvJPEG; the latter "
                  "changes some labels, and the report says how many")
      ->transform(one_of(kDecoders))
      ->type_name("cpu|nvjpeg")
      ->default_str("cpu")
      ->group(group);
}

void add_engine_words(CLI::App& command, ComputeOptions& compute, std::vector<std::string>& engine_options,
                      const std::string& group) {
  command
      .add_option("--python", compute.python,
                  "Interpreter for engines that are Python classes; default $SEGFLEET_PYTHON, else python3")
      ->type_name("PROGRAM")
      ->group(group);
  command
      .add_option("--engine-option", engine_options, "A setting of the engine's own, KEY=VALUE; repeatable")
      ->type_name("K=V")
      ->expected(1)
      ->take_all()
      ->group(group);
  command
      .add_option("--cache", compute.cache_folder,
                  "Folder for compiled models; default $XDG_CACHE_HOME/segfleet")
      ->type_name("DIR")
      ->group(group);
}

}  // namespace segfleet
