// SPDX-License-Identifier: Apache-2.0
// Plain lines for logs and pipes: a progress line at most every ten seconds, notes and failures as they come.
// Thread-safety: calls come from run()'s thread.
#pragma once
#include <cstdio>
#include <string>

#include "segfleet/run.h"

namespace segfleet {

class LineLog : public RunObserver {
 public:
  // quiet: failures only. `out` must outlive the log.
  LineLog(std::FILE* out, bool quiet) : out_(out), quiet_(quiet) {}

  void started(const Progress& progress) override;
  void progress(const Progress& progress) override;
  void item(const ItemEvent& event) override;
  void note(const std::string& text) override;
  void worker_died(const std::string& device, const std::string& how) override;

 private:
  void print(const std::string& line);

  std::FILE* out_;
  bool quiet_;
  double next_line_s_ = 0;
};

}  // namespace segfleet
