// SPDX-License-Identifier: Apache-2.0
// The live display: a few lines that are redrawn in place on a terminal. Notes and failures scroll by above
// it. Thread-safety: calls come from run()'s thread.
#pragma once
#include <cstdio>
#include <string>

#include "segfleet/run.h"

namespace segfleet {

class TerminalDisplay : public RunObserver {
 public:
  // `terminal` must be one that can_redraw(), and outlive the display.
  explicit TerminalDisplay(std::FILE* terminal);

  void started(const Progress& progress) override;
  void progress(const Progress& progress) override;
  void item(const ItemEvent& event) override;
  void note(const std::string& text) override;
  void worker_died(const std::string& device, const std::string& how) override;

 private:
  void print_above(const std::string& line);
  void redraw();
  std::string to_start(std::size_t columns) const;  // moves the cursor to the first drawn line

  std::FILE* terminal_;
  Progress last_;
  bool drawn_once_ = false;
  std::vector<std::size_t> drawn_columns_;  // of each line that the next redraw overwrites
  std::uint64_t failures_shown_ = 0;
};

// Whether it is a terminal on which the cursor can be moved: TERM is neither unset, nor empty, nor "dumb".
bool can_redraw(std::FILE* stream);

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
TerminalSize size_of(std::FILE* terminal);  // what it says, else the default

// What the display shows, without escape sequences: `columns` wide, at most `rows` lines. Pure.
std::vector<std::string> display_lines(const Progress& progress, std::size_t columns, std::size_t rows);

}  // namespace segfleet
