// SPDX-License-Identifier: Apache-2.0
#include "io/sink/durable_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <set>

#include "base/errno_error.h"
#include "base/file.h"
#include "io/sink/output_layout.h"

namespace segfleet {

namespace {

constexpr std::size_t kFilesAtOnce = 32;  // open at one time

// One count for the whole process, since several writers may share a folder.
std::uint64_t next_number() {
  static std::atomic<std::uint64_t> number{0};
  return number.fetch_add(1, std::memory_order_relaxed);  // only uniqueness matters
}

Error cannot(std::string_view verb, const std::string& path, int error_number) {
  Error error = errno_error(error_number, fmt::format("cannot {} {}", verb, path));
  if (error.code == ErrorCode::no_space)
    error.message += "; free some space, then run the same command again";
  return error;
}

// A folder at one file's place is that file's trouble alone; other failures of a rename are the disk's.
Status rename_to_final(const std::string& temporary, const std::string& path) {
  Status renamed = rename_file(temporary, path);
  std::error_code ignored;
  if (renamed.ok() || !std::filesystem::is_directory(path, ignored)) return renamed;
  return Error{ErrorCode::output_conflict,
               fmt::format("cannot write {}: a folder of that name is there; move it away, then run the same "
                           "command again",
                           path)};
}

// "." for a bare name; without slashes at its end, but for "/" itself.
std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  const std::size_t last = path.find_last_not_of('/', slash);
  return last == std::string_view::npos ? "/" : path.substr(0, last + 1);
}

bool lies_in(std::string_view path, std::string_view folder) {
  const std::string_view own = folder_of(path);
  if (folder == "." || folder == "/" || own == folder) return true;
  return own.starts_with(folder) && own[folder.size()] == '/';
}

}  // namespace

Status DurableWriter::write_temporary(const FileToWrite& file, Pending& pending, bool start_sync) {
  for (bool made_folder = false;;) {
    OutputLayout::temporary_for(file.path, next_number(), pending.temporary);
    pending.fd.reset(::open(pending.temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (pending.fd) {
      pending.stage = Pending::Stage::temporary;
      break;
    }
    if (errno == EEXIST) continue;  // left by a dead process with our number: take the next
    if ((errno != ENOENT && errno != ENOTDIR) || made_folder) return cannot("create", file.path, errno);
    const std::string folder(folder_of(file.path));
    folders_.forget(folder);
    SEGFLEET_RETURN_IF_ERROR(folders_.make(folder));
    made_folder = true;
  }
  if (write_all(pending.fd.get(), file.bytes)) {
    if (start_sync) ::sync_file_range(pending.fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    return {};
  }
  Error error = cannot("write", file.path, errno);
  pending.fd.reset();
  ::unlink(pending.temporary.c_str());
  return error;
}

void DurableWriter::sync_files(std::span<const FileToWrite> files, std::span<Pending> pending,
                               std::span<Status> statuses) {
  written_.clear();
  fds_.clear();
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!statuses[i].ok()) continue;
    written_.push_back(i);
    fds_.push_back(pending[i].fd.get());
  }
  error_numbers_.assign(fds_.size(), 0);
  fsyncs_.sync(fds_, error_numbers_);
  for (std::size_t k = 0; k < written_.size(); ++k) {
    const std::size_t i = written_[k];
    if (::close(pending[i].fd.release()) != 0 && error_numbers_[k] == 0) error_numbers_[k] = errno;
    if (error_numbers_[k] == 0) continue;
    statuses[i] = cannot("fsync", files[i].path, error_numbers_[k]);
    ::unlink(pending[i].temporary.c_str());
  }
}

void DurableWriter::commit(std::span<const FileToWrite> files, std::vector<Status>& statuses) {
  statuses.assign(files.size(), {});
  pending_.resize(std::max(pending_.size(), files.size()));
  for (std::size_t i = 0; i < files.size(); ++i) pending_[i].stage = Pending::Stage::nothing;
  try {
    commit_group(files, statuses);
  } catch (...) {
    for (std::size_t i = 0; i < files.size(); ++i) discard(files[i], pending_[i]);
    throw;
  }
}

void DurableWriter::discard(const FileToWrite& file, Pending& pending) {
  pending.fd.reset();
  if (pending.stage == Pending::Stage::temporary) ::unlink(pending.temporary.c_str());
  if (pending.stage == Pending::Stage::renamed) ::unlink(file.path.c_str());
}

void DurableWriter::commit_group(std::span<const FileToWrite> files, std::vector<Status>& statuses) {
  for (std::size_t start = 0; start < files.size(); start += kFilesAtOnce) {
    const std::size_t end = std::min(start + kFilesAtOnce, files.size());
    // In a group, the fsyncs then find most of their work done. One alone is waited for at once.
    const bool start_sync = end - start > 1;
    for (std::size_t i = start; i < end; ++i)
      statuses[i] = write_temporary(files[i], pending_[i], start_sync);
    sync_files(files.subspan(start, end - start), std::span(pending_).subspan(start, end - start),
               std::span(statuses).subspan(start, end - start));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!statuses[i].ok()) continue;
    statuses[i] = rename_to_final(pending_[i].temporary, files[i].path);
    if (!statuses[i].ok()) ::unlink(pending_[i].temporary.c_str());
    pending_[i].stage = statuses[i].ok() ? Pending::Stage::renamed : Pending::Stage::nothing;
  }
  sync_folders(files, statuses);
}

void DurableWriter::sync_folders(std::span<const FileToWrite> files, std::vector<Status>& statuses) {
  const std::set<std::string> above = folders_.take_unsynced();
  std::vector<std::string_view>& folders = folders_to_sync_;
  folders.assign(above.begin(), above.end());
  for (std::size_t i = 0; i < files.size(); ++i)
    if (statuses[i].ok()) folders.push_back(folder_of(files[i].path));
  std::ranges::sort(folders);
  folders.erase(std::ranges::unique(folders).begin(), folders.end());
  fsyncs_.sync_folders(folders, error_numbers_);
  for (std::size_t k = 0; k < folders.size(); ++k) {
    if (error_numbers_[k] == 0) continue;
    // A folder above that we may pass through but not read cannot be fsynced, nor was it we who changed it.
    if (error_numbers_[k] == EACCES && above.contains(std::string(folders[k]))) continue;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (!statuses[i].ok() || !lies_in(files[i].path, folders[k])) continue;
      ::unlink(files[i].path.c_str());
      statuses[i] = cannot("fsync the folder of", files[i].path, error_numbers_[k]);
    }
  }
}

}  // namespace segfleet
