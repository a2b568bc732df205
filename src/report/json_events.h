// SPDX-License-Identifier: Apache-2.0
// One JSON object a line, for programs: docs/json_events.md lists the events and their fields. Bytes of a
// path that are not UTF-8 come out as U+FFFD; the ledger holds the path exactly. Lines go out at
// once, but for those of done items, which wait for the next other event: progress comes 5 times a second.
// Thread-safety: calls come from run()'s thread.
#pragma once
#include <cstdio>
#include <string>

#include "segfleet/run.h"

namespace segfleet {

class JsonEvents : public RunObserver {
 public:
  explicit JsonEvents(std::FILE* out) : out_(out) {}

  void started(const Progress& progress) override;
  void progress(const Progress& progress) override;
  void item(const ItemEvent& event) override;
  void note(const std::string& text) override;
  void worker_died(const std::string& device, const std::string& how) override;

  // The last event of a stream is one of these two.
  void ended(const RunSummary& summary, int exit_status);
  void failed(const Error& error, int exit_status);

 private:
  std::FILE* out_;
  std::string line_;  // of item()
};

}  // namespace segfleet
