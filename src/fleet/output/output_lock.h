// SPDX-License-Identifier: Apache-2.0
// One run per output folder, one tuner per machine: an open-file-description lock on a file. The kernel drops
// it with its owner, so a dead owner's lock is free; the file tells people whose it is. Closed on exec: no
// worker can keep it alive. Thread-safety: one thread at a time.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "segfleet/error.h"

namespace segfleet {

class OutputLock {
 public:
  // Errors: output_locked, naming the owner; permission_denied, no_space, io_error.
  static Result<OutputLock> take(const std::filesystem::path& lock_file);
  // The same for another thing: "TAKEN by process 12 on host since ...; MEND".
  static Result<OutputLock> take(const std::filesystem::path& lock_file, const std::string& taken,
                                 const std::string& mend);
  // Who holds it: "process 123 on host since 2026-..."; nothing where no one does.
  static std::optional<std::string> owner(const std::filesystem::path& lock_file);
  OutputLock(OutputLock&&) noexcept = default;
  OutputLock& operator=(OutputLock&&) = delete;
  ~OutputLock();  // removes the file

 private:
  OutputLock(UniqueFd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  UniqueFd fd_;
  std::filesystem::path path_;
};

}  // namespace segfleet
