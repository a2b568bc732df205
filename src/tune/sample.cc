// SPDX-License-Identifier: Apache-2.0
#include "tune/sample.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <istream>

#include "base/errno_error.h"
#include "io/source/source.h"
#include "io/source/stoppable_input.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kLinks = 1024;  // pictures that a trial may need

// Workers tell a format by the first bytes; folders are walked by suffix.
std::string suffix_of(const fs::path& picture) {
  std::string suffix = picture.extension().string();
  std::ranges::transform(suffix, suffix.begin(), [](unsigned char c) { return std::tolower(c); });
  static constexpr std::array kKnown{".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"};
  return std::ranges::find(kKnown, suffix) == kKnown.end() ? ".jpg" : suffix;
}

}  // namespace

Result<PictureSample> choose_sample(const std::vector<std::string>& inputs, std::size_t count,
                                    StopPoll stop) {
  StoppableInput input(STDIN_FILENO, stop);
  std::istream standard_input(&input);
  const Result<SourceList> sources =
      list_sources(inputs, NameStyle::full, standard_input, OutputLayout({}), stop);
  SEGFLEET_RETURN_IF_ERROR(sources);
  if (sources->items.empty())
    return Error{ErrorCode::input_unreadable,
                 fmt::format("--input: none of the pictures can be read, for example {}",
                             sources->failures.front().error.message)};
  PictureSample sample;
  sample.of = sources->items.size();
  const std::size_t taken = std::min(count, sample.of);
  for (std::size_t i = 0; i < taken; ++i)  // the middle of each of `taken` equal parts
    sample.pictures.push_back(fs::absolute(sources->items[(2 * i + 1) * sample.of / (2 * taken)].input));
  return sample;
}

Result<TrialFolder> TrialFolder::make(const fs::path& parent) {
  std::string name = ((parent.empty() ? fs::path(".") : parent) / ".segfleet-tune-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return errno_error(errno, fmt::format("cannot make a folder for the trials in {}", parent.native()));
  return TrialFolder(fs::absolute(name));
}

TrialFolder::~TrialFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // nothing can be done about it here
  fs::remove_all(path_, ignored);
}

std::string TrialFolder::first_stem(std::size_t picture) {
  return fmt::format("{:04}-{:03}", 0, picture);
}

std::size_t TrialFolder::picture_of(const std::string& stem) {
  std::size_t picture = 0;
  if (stem.size() > 5) std::from_chars(stem.data() + 5, stem.data() + stem.size(), picture);
  return picture;
}

std::string TrialFolder::in_users_words(std::string text,
                                        const std::vector<fs::path>& pictures_of_sample) const {
  const std::string links = (pictures() / "").native();
  for (std::size_t at = text.find(path_.native()); at != std::string::npos;
       at = text.find(path_.native(), at)) {
    // The folder's own path may have blanks and brackets; behind it stand names of segfleet's.
    const std::size_t end = std::min(text.find_first_of(" :;,'\")", at + path_.native().size()), text.size());
    std::string word = fmt::format("a file of the trial in {}", path_.parent_path().native());
    if (text.compare(at, links.size(), links) == 0) {
      const std::size_t picture = picture_of(fs::path(text.substr(at, end - at)).stem().string());
      if (picture < pictures_of_sample.size() && !pictures_of_sample[picture].empty())
        word = pictures_of_sample[picture].native();
    }
    text.replace(at, end - at, word);
    at += word.size();
  }
  return text;
}

Status TrialFolder::link(const std::vector<fs::path>& pictures_of_sample) const {
  std::error_code error;
  fs::remove_all(pictures(), error);
  fs::create_directories(pictures(), error);
  const std::size_t readable = static_cast<std::size_t>(
      std::ranges::count_if(pictures_of_sample, [](const fs::path& path) { return !path.empty(); }));
  const std::size_t passes = (kLinks + readable - 1) / std::max<std::size_t>(1, readable);
  for (std::size_t pass = 0; pass < passes && !error; ++pass)
    for (std::size_t i = 0; i < pictures_of_sample.size() && !error; ++i)
      if (!pictures_of_sample[i].empty())
        fs::create_symlink(
            pictures_of_sample[i],
            pictures() / fmt::format("{:04}-{:03}{}", pass, i, suffix_of(pictures_of_sample[i])), error);
  if (error) return errno_error(error.value(), fmt::format("cannot fill {}", pictures().native()));
  return {};
}

}  // namespace segfleet
