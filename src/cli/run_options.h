// SPDX-License-Identifier: Apache-2.0
// The options of `segfleet run`: what RunOptions holds, as words.
#pragma once
#include <CLI/CLI.hpp>

#include "segfleet/options.h"

namespace segfleet {

struct RunCommandOptions {
  RunOptions run;
  std::filesystem::path plan;           // empty: none
  std::vector<std::string> plan_notes;  // what was taken from it and what was not
  bool json = false;
  bool quiet = false;
};

// Values that need no more than the parser are written to `options` by it; finish() does the rest.
class RunOptionWords {
 public:
  void add_to(CLI::App& command, RunCommandOptions& options);
  // After parsing. Errors: invalid_argument.
  Status finish(RunCommandOptions& options) const;

 private:
  Status take_layout(RunOptions& run) const;
  Status take_memory(RunOptions& run) const;

  std::vector<std::string> outputs_{"mask"};
  std::vector<std::string> engine_options_;
  std::string paddleseg_version_ = "2.8";
  std::string batch_ = "1";
  std::string memory_limit_;
  std::string memory_reserve_ = "256MiB";
  CLI::Option* outputs_option_ = nullptr;
  CLI::Option* size_option_ = nullptr;
  bool resume_ = false;
  bool restart_ = false;
};

}  // namespace segfleet
