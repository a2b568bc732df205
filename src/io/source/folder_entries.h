// SPDX-License-Identifier: Apache-2.0
// One folder's entries. Thread-safety: free functions without shared state.
#pragma once
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "io/source/file_facts.h"
#include "segfleet/error.h"

namespace segfleet {

struct FolderEntry {
  std::string name;
  unsigned char type = 0;  // d_type of readdir(3): DT_REG, DT_DIR ...; DT_UNKNOWN on some file systems
};

struct OpenFolder {
  UniqueFd fd;
  FileId id;
  std::vector<FolderEntry> entries;  // in no order
};

enum class HiddenNames { skipped, listed };  // names that start with a dot; "." and ".." are never listed

// Errors: not_found, permission_denied, io_error; the message names the folder.
Result<OpenFolder> open_folder(const std::string& path, HiddenNames hidden = HiddenNames::skipped);

}  // namespace segfleet
