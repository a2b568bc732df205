// SPDX-License-Identifier: Apache-2.0
#include "io/source/input_collector.h"

#include <fmt/format.h>

#include "base/file.h"
#include "io/sink/output_layout.h"
#include "io/source/glob.h"
#include "io/source/output_stem.h"
#include "io/source/path_text.h"
#include "io/source/walk_notes.h"

namespace segfleet {
namespace {

constexpr std::uint64_t kMaxListBytes = 1ULL << 30;

Error list_error(std::string_view list, const Error& error) {
  return {error.code,
          fmt::format("cannot use the list {}: {}; a list from a pipe is given with -", list, error.message)};
}

Error own_output_error(std::string_view path) {
  return {ErrorCode::invalid_argument,
          fmt::format("{} lies where this run writes its results; choose another output folder", path)};
}

// Why a path that is there is no input, other than being a file.
Error no_file_error(const std::string& path, const FileFacts& facts) {
  return {ErrorCode::input_unreadable,
          facts.kind == FileKind::folder
              ? fmt::format("{} is a folder: lists name files", path)
              : fmt::format("{} is a {}, not a picture file", path, facts.kind_name)};
}

}  // namespace

InputCollector::InputCollector(std::istream& standard_input, const OutputLayout& output, StopPoll stop)
    : standard_input_(standard_input), stop_(stop), flat_(output.layout() == Layout::infer) {
  if (output.root().empty()) return;
  for (const std::filesystem::path& folder : output.result_folders()) {
    own_outputs_.push_back(absolute_(folder.native()));
    if (const Result<FileFacts> facts = facts_of(folder.native())) excluded_.insert(facts->id);
  }
}

Status InputCollector::add(const std::string& input) {
  if (input.empty())
    return Error{ErrorCode::invalid_argument, "an input is empty; name a file, a folder or a list"};
  if (input == "-") return add_standard_input();
  if (input.front() == '@') return add_list_file(input.substr(1));
  const Result<FileFacts> facts = facts_of(input);
  if (facts) return add_named(input, *facts);
  if (facts.error().code != ErrorCode::not_found) return facts.error();
  if (has_wildcard(input)) return add_glob(input);
  return Error{ErrorCode::not_found,
               fmt::format("input {} does not exist; looked for {}", input, absolute_(input))};
}

Status InputCollector::add_named(const std::string& path, const FileFacts& facts) {
  if (is_own_output(path)) return own_output_error(path);
  if (facts.kind == FileKind::folder) return add_folder(path, root_of(path), "");
  Place place{kNoRoot, std::string(file_name(path))};
  if (facts.kind == FileKind::file) {
    add_file(path, std::move(place), facts);
  } else {
    miss(path, std::move(place), no_file_error(path, facts));
  }
  return {};
}

Status InputCollector::add_glob(const std::string& pattern) {
  GlobMatches matches = expand_glob(pattern, excluded_, stop_);
  if (matches.relative.empty() && matches.failures.empty())
    return Error{ErrorCode::not_found, fmt::format("nothing matches {}; looked from {}", pattern,
                                                   absolute_(matches.root.empty() ? "." : matches.root))};
  const int root = root_of(matches.root.empty() ? "." : matches.root);
  const bool any_suffix = !has_wildcard(suffix_of(pattern)) && !suffix_of(pattern).empty();
  FolderWalk unwanted;
  for (std::string& relative : matches.relative) {
    if (stop_.wanted()) break;
    std::string path = join(matches.root, relative);
    const Result<FileFacts> facts = facts_of(path);
    if (facts && facts->kind == FileKind::folder) {
      if (Status status = add_folder(path, root, relative); !status.ok())
        miss(path, {root, std::move(relative)}, status.error());
    } else if (!any_suffix && !has_picture_suffix(relative)) {
      ++unwanted.skipped[suffix_of(relative)];
    } else if (!facts) {
      miss(std::move(path), {root, std::move(relative)}, facts.error());
    } else if (facts->kind == FileKind::other) {
      miss(path, {root, std::move(relative)}, no_file_error(path, *facts));
    } else {
      add_file(std::move(path), {root, std::move(relative)}, *facts);
    }
  }
  for (WalkFailure& failure : matches.failures) {
    std::string path = join(matches.root, failure.relative);
    miss(std::move(path), {root, std::move(failure.relative)}, std::move(failure.error));
  }
  append_walk_notes(pattern, unwanted, notes_);
  return {};
}

Status InputCollector::add_list_file(const std::string& path) {
  const Result<std::string> text = read_text_file(path, kMaxListBytes);
  if (!text) return list_error(path, text.error());
  add_list(std::string(folder_part(path)), *text);
  return {};
}

Status InputCollector::add_standard_input() {
  std::string text;
  std::string chunk(1 << 20, '\0');
  while (standard_input_.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) ||
         standard_input_.gcount() > 0) {
    text.append(chunk, 0, static_cast<std::size_t>(standard_input_.gcount()));
    if (text.size() > kMaxListBytes)
      return Error{ErrorCode::input_too_large,
                   fmt::format("the list on standard input is over the limit of {} bytes", kMaxListBytes)};
  }
  if (standard_input_.bad()) return Error{ErrorCode::io_error, "cannot read the list on standard input"};
  add_list("", text);
  return {};
}

void InputCollector::add_list(const std::string& folder, std::string_view text) {
  const std::string absolute_folder = absolute_(folder.empty() ? "." : folder);
  for (const std::string_view line : list_lines(text)) {
    if (stop_.wanted()) return;
    add_line(folder, absolute_folder, line);
  }
}

void InputCollector::add_line(const std::string& folder, const std::string& absolute_folder,
                              std::string_view line) {
  ListedInput listed = resolve_line(folder, line);
  const std::string absolute = join(absolute_folder, listed.name);
  Place place{kNoRoot, relative_to_list(absolute_folder, absolute)};
  if (!listed.facts) {
    miss(std::move(listed.path), std::move(place), listed.facts.error());
  } else if (is_own_output(absolute)) {
    Error error = own_output_error(listed.path);
    miss(std::move(listed.path), std::move(place), std::move(error));
  } else if (listed.facts->kind != FileKind::file) {
    Error error = no_file_error(listed.path, *listed.facts);
    miss(std::move(listed.path), std::move(place), std::move(error));
  } else {
    add_file(std::move(listed.path), std::move(place), *listed.facts);
  }
}

Status InputCollector::add_folder(const std::string& folder, int root, const std::string& prefix) {
  Result<FolderWalk> walk = walk_folder(folder, excluded_, stop_);
  if (!walk) return walk.error();
  found_.reserve(found_.size() + walk->files.size());
  for (WalkedFile& file : walk->files) {
    add_file(join(folder, file.relative), {root, join(prefix, file.relative)}, file.facts);
  }
  for (WalkFailure& failure : walk->failures) {
    miss(join(folder, failure.relative), {root, join(prefix, failure.relative)}, std::move(failure.error));
  }
  append_walk_notes(folder, *walk, notes_);
  return {};
}

void InputCollector::add_file(std::string input, Place place, const FileFacts& facts) {
  if (flat_ && is_own_output(input)) {  // a mask could take the picture's place
    Error error = own_output_error(input);
    return miss(std::move(input), std::move(place), std::move(error));
  }
  if (is_named_already(input, facts)) {
    if (repeated_++ == 0) first_repeated_ = std::move(input);
    return;
  }
  found_.push_back({std::move(input), std::move(place), facts});
}

void InputCollector::miss(std::string input, Place place, Error error) {
  missed_.push_back({std::move(input), std::move(place), std::move(error)});
}

// Absolute paths are made only for files that are met under a second name, so that long lists stay quick.
bool InputCollector::is_named_already(const std::string& input, const FileFacts& facts) {
  const auto [first, is_new] = first_with_id_.try_emplace(facts.id, found_.size());
  if (is_new) return false;
  paths_of_shared_ids_.insert(absolute_(found_[first->second].input));
  return !paths_of_shared_ids_.insert(absolute_(input)).second;
}

int InputCollector::root_of(const std::string& folder) {
  roots_.push_back(absolute_(folder));
  return static_cast<int>(roots_.size()) - 1;
}

bool InputCollector::is_own_output(const std::string& path) const {
  if (own_outputs_.empty()) return false;
  const std::string absolute = absolute_(path);
  for (const std::string& folder : own_outputs_) {
    if (absolute == folder || !below(folder, absolute).empty()) return true;
  }
  return false;
}

std::vector<std::string> InputCollector::root_prefixes() const {
  std::string base = roots_.empty() ? "/" : roots_.front();
  for (const std::string& root : roots_) base = common_folder(base, root);
  std::vector<std::string> prefixes;
  for (const std::string& root : roots_) prefixes.emplace_back(root == base ? "" : below(base, root));
  return prefixes;
}

SourceList InputCollector::finish(NameStyle names) {
  const std::vector<std::string> prefixes = root_prefixes();
  const auto stem_of = [&](const Place& place) {
    if (flat_) return output_stem(file_name(place.relative), names);
    return output_stem(place.root == kNoRoot ? place.relative : join(prefixes[place.root], place.relative),
                       names);
  };
  SourceList list;
  list.items.reserve(found_.size());
  for (Found& found : found_) {
    std::string stem = stem_of(found.place);
    list.items.push_back(
        {std::move(found.input), std::move(stem), found.facts.size_bytes, found.facts.mtime_ns});
  }
  for (Missed& missed : missed_) {
    std::string stem = stem_of(missed.place);
    list.failures.push_back({std::move(missed.input), std::move(stem), std::move(missed.error)});
  }
  list.notes = std::move(notes_);
  if (repeated_ > 0)
    list.notes.push_back(fmt::format("{} {} named more than once taken once (first: {})", repeated_,
                                     repeated_ == 1 ? "input" : "inputs", first_repeated_));
  return list;
}

}  // namespace segfleet
