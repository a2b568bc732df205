// SPDX-License-Identifier: Apache-2.0
// The options of `segfleet tune`: what TuneOptions holds, as words.
#pragma once
#include <CLI/CLI.hpp>

#include "tune/tune.h"

namespace segfleet {

struct TuneCommandOptions {
  TuneOptions tune;
  bool json = false;
  bool quiet = false;
};

class TuneOptionWords {
 public:
  void add_to(CLI::App& command, TuneCommandOptions& options);
  // After parsing. Errors: invalid_argument.
  Status finish(TuneCommandOptions& options) const;

 private:
  void add_grid(CLI::App& command, Grid& grid);

  std::string budget_ = "60s";
  double agreement_percent_ = 99.5;
  std::vector<std::string> engine_options_;
};

}  // namespace segfleet
