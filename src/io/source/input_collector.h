// SPDX-License-Identifier: Apache-2.0
// Gathers what the named inputs are, then gives everything its output name. Thread-safety: one thread.
#pragma once
#include <istream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "io/source/file_facts.h"
#include "io/source/folder_walk.h"
#include "io/source/input_list.h"
#include "io/source/path_text.h"
#include "io/source/source.h"
#include "segfleet/error.h"

namespace segfleet {

class InputCollector {
 public:
  InputCollector(std::istream& standard_input, const OutputLayout& output, StopPoll stop);
  // One word of --input. Errors: see list_sources().
  Status add(const std::string& input);
  // Stems can be told only when all folders are known. Leaves this object empty.
  SourceList finish(NameStyle names);

 private:
  static constexpr int kNoRoot = -1;
  // Where an input's output name starts.
  struct Place {
    int root = kNoRoot;    // index into roots_
    std::string relative;  // to that root; the whole name where there is none
  };
  struct Found {
    std::string input;
    Place place;
    FileFacts facts;
  };
  struct Missed {
    std::string input;
    Place place;
    Error error;
  };

  Status add_named(const std::string& path, const FileFacts& facts);
  Status add_glob(const std::string& pattern);
  Status add_list_file(const std::string& path);
  Status add_standard_input();
  void add_list(const std::string& folder, std::string_view text);
  void add_line(const std::string& folder, const std::string& absolute_folder, std::string_view line);
  Status add_folder(const std::string& folder, int root, const std::string& prefix);
  void add_file(std::string input, Place place, const FileFacts& facts);
  void miss(std::string input, Place place, Error error);
  bool is_named_already(const std::string& input, const FileFacts& facts);
  int root_of(const std::string& folder);
  bool is_own_output(const std::string& path) const;
  std::vector<std::string> root_prefixes() const;

  const AbsolutePaths absolute_;
  std::istream& standard_input_;
  StopPoll stop_;
  const bool flat_;                       // names without folders
  std::vector<std::string> own_outputs_;  // absolute
  FileIdSet excluded_;
  std::vector<std::string> roots_;  // absolute folders
  std::vector<Found> found_;
  std::vector<Missed> missed_;
  std::vector<std::string> notes_;
  std::unordered_map<FileId, std::size_t, FileIdHash> first_with_id_;  // index into found_
  std::unordered_set<std::string> paths_of_shared_ids_;  // absolute; links to one file are many items
  std::size_t repeated_ = 0;
  std::string first_repeated_;
};

}  // namespace segfleet
