// SPDX-License-Identifier: Apache-2.0
#include "io/sink/durable_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/errno_error.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "io/sink/fsync_folders.h"
#include "io/sink/fsync_together.h"
#include "io/sink/output_layout.h"

namespace segfleet {

// A file on its way: written, not yet renamed.
struct DurableWriter::Pending {
  std::filesystem::path temporary;
  UniqueFd fd;
};

namespace {

constexpr std::size_t kFilesAtOnce = 32;  // open at one time

// One count for the whole process, since several writers may share a folder.
std::uint64_t next_number() {
  static std::atomic<std::uint64_t> number{0};
  return number.fetch_add(1, std::memory_order_relaxed);  // only uniqueness matters
}

Error cannot(std::string_view verb, const std::filesystem::path& path, int error_number) {
  Error error = errno_error(error_number, fmt::format("cannot {} {}", verb, path.native()));
  if (error.code == ErrorCode::no_space)
    error.message += "; free some space, then run the same command again";
  return error;
}

// A folder at one file's place is that file's trouble alone; other failures of a rename are the disk's.
Status rename_to_final(const std::filesystem::path& temporary, const std::filesystem::path& path) {
  Status renamed = rename_file(temporary, path);
  std::error_code ignored;
  if (renamed.ok() || !std::filesystem::is_directory(path, ignored)) return renamed;
  return Error{ErrorCode::output_conflict,
               fmt::format("cannot write {}: a folder of that name is there; move it away, then run the same "
                           "command again",
                           path.native())};
}

std::string folder_of(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.parent_path();
  return folder.empty() ? "." : folder.native();
}

bool lies_in(const std::filesystem::path& path, const std::string& folder) {
  const std::string own = folder_of(path);
  if (folder == "." || folder == "/" || own == folder) return true;
  return own.starts_with(folder) && own[folder.size()] == '/';
}

}  // namespace

Status DurableWriter::write_temporary(const FileToWrite& file, Pending& pending, bool start_sync) {
  for (bool made_folder = false;;) {
    pending.temporary = OutputLayout::temporary_for(file.path, next_number());
    pending.fd.reset(::open(pending.temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (pending.fd) break;
    if (errno == EEXIST) continue;  // left by a dead process with our number: take the next
    if ((errno != ENOENT && errno != ENOTDIR) || made_folder) return cannot("create", file.path, errno);
    const std::string folder = folder_of(file.path);
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
  std::vector<std::size_t> written;
  std::vector<int> fds;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!statuses[i].ok()) continue;
    written.push_back(i);
    fds.push_back(pending[i].fd.get());
  }
  std::vector<int> error_numbers(fds.size());
  fsync_together(fds, error_numbers);
  for (std::size_t k = 0; k < written.size(); ++k) {
    const std::size_t i = written[k];
    if (::close(pending[i].fd.release()) != 0 && error_numbers[k] == 0) error_numbers[k] = errno;
    if (error_numbers[k] == 0) continue;
    statuses[i] = cannot("fsync", files[i].path, error_numbers[k]);
    ::unlink(pending[i].temporary.c_str());
  }
}

void DurableWriter::commit(std::span<const FileToWrite> files, std::vector<Status>& statuses) {
  statuses.assign(files.size(), {});
  std::vector<Pending> pending(files.size());
  for (std::size_t start = 0; start < files.size(); start += kFilesAtOnce) {
    const std::size_t end = std::min(start + kFilesAtOnce, files.size());
    // In a group, the fsyncs then find most of their work done. One alone is waited for at once.
    const bool start_sync = end - start > 1;
    for (std::size_t i = start; i < end; ++i) statuses[i] = write_temporary(files[i], pending[i], start_sync);
    sync_files(files.subspan(start, end - start), std::span(pending).subspan(start, end - start),
               std::span(statuses).subspan(start, end - start));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!statuses[i].ok()) continue;
    statuses[i] = rename_to_final(pending[i].temporary, files[i].path);
    if (!statuses[i].ok()) ::unlink(pending[i].temporary.c_str());
  }
  sync_folders(files, statuses);
}

void DurableWriter::sync_folders(std::span<const FileToWrite> files, std::vector<Status>& statuses) {
  const std::set<std::string> above = folders_.take_unsynced();
  std::set<std::string> folders = above;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (statuses[i].ok()) folders.insert(folder_of(files[i].path));
  }
  const std::vector<std::string> names(folders.begin(), folders.end());
  const std::vector<int> error_numbers = fsync_folders(names);
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (error_numbers[k] == 0) continue;
    // A folder above that we may pass through but not read cannot be fsynced, nor was it we who changed it.
    if (error_numbers[k] == EACCES && above.contains(names[k])) continue;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (!statuses[i].ok() || !lies_in(files[i].path, names[k])) continue;
      ::unlink(files[i].path.c_str());
      statuses[i] = cannot("fsync the folder of", files[i].path, error_numbers[k]);
    }
  }
}

}  // namespace segfleet
