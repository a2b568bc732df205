// SPDX-License-Identifier: Apache-2.0
// A few of the user's pictures, and the folder in which trials find them. Thread-safety: one thread.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "io/source/stop_poll.h"
#include "segfleet/error.h"

namespace segfleet {

struct PictureSample {
  std::vector<std::filesystem::path> pictures;  // absolute
  std::size_t of = 0;                           // pictures that the inputs have
};

// At most `count`, evenly spread over the list. Errors: those of list_sources().
Result<PictureSample> choose_sample(const std::vector<std::string>& inputs, std::size_t count, StopPoll stop);

// A folder beside the plan, on the disk that the plan is for; removed with all in it at the end.
class TrialFolder {
 public:
  // Errors: permission_denied, no_space, io_error, not_found.
  static Result<TrialFolder> make(const std::filesystem::path& parent);
  TrialFolder(TrialFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  TrialFolder& operator=(TrialFolder&&) = delete;
  ~TrialFolder();

  std::filesystem::path pictures() const { return path_ / "pictures"; }
  std::filesystem::path output() const { return path_ / "output"; }
  std::filesystem::path reference() const { return path_ / "reference"; }

  // pictures(): the sample over and over, pass by pass, as links, for trials of any length.
  // Errors: as make().
  Status link(const std::vector<std::filesystem::path>& pictures) const;
  // `text` with the user's pictures in the place of the links to them, and without the names of results: both
  // are gone when it is read.
  std::string in_users_words(std::string text, const std::vector<std::filesystem::path>& pictures) const;
  // The stem of the picture's mask in the first pass.
  static std::string first_stem(std::size_t picture);
  // Which picture of the sample an item is.
  static std::size_t picture_of(const std::string& stem);

 private:
  explicit TrialFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace segfleet
