// SPDX-License-Identifier: Apache-2.0
// What a search shows: a line that is redrawn on a terminal, a line a trial elsewhere, or JSON events, which
// docs/json_events.md lists. Thread-safety: calls come from tune()'s thread.
#pragma once
#include <cstdio>
#include <string>

#include "tune/tune.h"

namespace segfleet {

class TuneLines : public TuneObserver {
 public:
  TuneLines(std::FILE* out, bool terminal) : out_(out), terminal_(terminal) {}

  void planned(const std::vector<Candidate>& candidates, std::size_t sample, std::size_t of) override;
  void trial_started(const TrialNews& news) override;
  void trial_ended(const TrialNews& news) override;
  void note(const std::string& text) override;
  void end();  // clears what is drawn

 private:
  void print(const std::string& line);

  std::FILE* out_;
  bool terminal_;
  std::string best_;
  double best_images_per_s_ = 0;
};

class TuneEvents : public TuneObserver {
 public:
  explicit TuneEvents(std::FILE* out) : out_(out) {}

  void planned(const std::vector<Candidate>& candidates, std::size_t sample, std::size_t of) override;
  void trial_started(const TrialNews& news) override;
  void trial_ended(const TrialNews& news) override;
  void note(const std::string& text) override;

  // The last event of a stream is one of these two.
  void ended(const TuneResult& result, const std::string& plan);
  void failed(const Error& error, int exit_status);

 private:
  std::FILE* out_;
};

// The table for people: images/s, memory, agreement with fp32, the recommended row marked.
std::string table_text(const TuneResult& result);

}  // namespace segfleet
