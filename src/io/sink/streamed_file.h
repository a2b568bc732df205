// SPDX-License-Identifier: Apache-2.0
// One large file that appears whole or not at all, written piece by piece in constant memory: under a
// temporary name beside it, fsynced, renamed. Thread-safety: one thread at a time.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "segfleet/error.h"

namespace segfleet {

class StreamedFile {
 public:
  // Errors, here and below: no_space, permission_denied, not_found, io_error; they name the final path.
  static Result<StreamedFile> create(const std::filesystem::path& path);
  StreamedFile(StreamedFile&& other) noexcept;
  StreamedFile& operator=(StreamedFile&&) = delete;
  ~StreamedFile();  // without commit(), nothing is left behind

  void write(std::string_view text);  // the first failure is kept for commit()
  bool failed() const { return !status_.ok(); }
  Status commit();

 private:
  StreamedFile(std::filesystem::path path, std::filesystem::path temporary, UniqueFd fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}
  void flush();

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty: there is none any more
  UniqueFd fd_;
  std::string buffer_;
  Status status_;
};

}  // namespace segfleet
