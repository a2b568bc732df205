// SPDX-License-Identifier: Apache-2.0
#include "io/sink/streamed_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <utility>

#include "base/errno_error.h"
#include "base/file.h"
#include "io/sink/output_layout.h"

namespace segfleet {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;

Error cannot_write(const std::filesystem::path& path, int error_number) {
  return errno_error(error_number, fmt::format("cannot write {}", path.native()));
}

}  // namespace

Result<StreamedFile> StreamedFile::create(const std::filesystem::path& path) {
  // Numbers that a dead process with our id has used are passed over.
  for (std::uint64_t number = 0;; ++number) {
    std::filesystem::path temporary = OutputLayout::temporary_for(path.native(), number);
    UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (fd) return StreamedFile(path, std::move(temporary), std::move(fd));
    if (errno != EEXIST) return cannot_write(path, errno);
  }
}

StreamedFile::StreamedFile(StreamedFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::move(other.fd_)),
      buffer_(std::move(other.buffer_)),
      status_(std::move(other.status_)) {}

StreamedFile::~StreamedFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void StreamedFile::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void StreamedFile::flush() {
  if (status_.ok() && !write_all(fd_.get(), std::as_bytes(std::span(buffer_))))
    status_ = cannot_write(path_, errno);
  buffer_.clear();
}

Status StreamedFile::commit() {
  flush();
  SEGFLEET_RETURN_IF_ERROR(status_);
  if (::fsync(fd_.get()) != 0 || ::close(fd_.release()) != 0) return cannot_write(path_, errno);
  SEGFLEET_RETURN_IF_ERROR(rename_file(temporary_, path_));
  temporary_.clear();
  return {};
}

}  // namespace segfleet
