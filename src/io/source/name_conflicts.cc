// SPDX-License-Identifier: Apache-2.0
#include "io/source/name_conflicts.h"

#include <fmt/format.h>

#include <unordered_map>

#include "io/source/path_text.h"

namespace segfleet {
namespace {

constexpr std::size_t kPairsShown = 3;
using ItemOfStem = std::unordered_map<std::string_view, const SourceItem*>;

struct Conflicts {
  std::size_t count = 0;
  std::string shown;
  bool full_names_help = true;

  void add(const SourceItem& first, const SourceItem& second) {
    if (++count <= kPairsShown)
      shown += fmt::format("{}{} and {}", shown.empty() ? "" : "; ", first.input, second.input);
    if (file_name(first.input) == file_name(second.input)) full_names_help = false;
  }
};

// The stems whose output files would have to be folders above `item`'s output.
void find_files_as_folders(const SourceItem& item, const ItemOfStem& items, const OutputLayout& output,
                           Conflicts& conflicts) {
  for (std::size_t at = item.stem.find('/'); at != std::string::npos; at = item.stem.find('/', at + 1)) {
    const std::string_view folder = std::string_view(item.stem).substr(0, at);
    const std::size_t dot = folder.rfind('.');
    if (dot == std::string_view::npos) continue;
    const auto other = items.find(folder.substr(0, dot));
    if (other == items.end()) continue;
    const std::string_view suffix = folder.substr(dot);
    if (suffix == ".png" || suffix == output.overlay_suffix(other->second->input))
      conflicts.add(*other->second, item);
  }
}

// The way out, for who wants these names.
std::string mend(const Conflicts& conflicts, NameStyle names, Layout layout) {
  if (layout == Layout::infer)
    return "infer.py would overwrite one with the other, silently; rename one of each, or use --layout "
           "segfleet, "
           "which keeps folders";
  if (layout == Layout::predict) return "rename one of each, or use --layout segfleet --names full";
  if (conflicts.full_names_help && names == NameStyle::stem)
    return "use --names full to keep the suffix in the name (a.jpg.png), or rename one of each";
  return "name the folder that holds both as one input, since outputs mirror what is below it (--names full "
         "helps only where the suffixes differ)";
}

Error conflict_error(const Conflicts& conflicts, NameStyle names, Layout layout) {
  return {ErrorCode::output_conflict,
          fmt::format("{} {} of inputs would share one output name: {}{}; {}", conflicts.count,
                      conflicts.count == 1 ? "pair" : "pairs", conflicts.shown,
                      conflicts.count > kPairsShown ? "; ..." : "", mend(conflicts, names, layout))};
}

}  // namespace

Status check_name_conflicts(const std::vector<SourceItem>& items, NameStyle names,
                            const OutputLayout& output) {
  ItemOfStem by_stem;
  by_stem.reserve(items.size());
  Conflicts conflicts;
  for (const SourceItem& item : items) {
    const auto [place, is_new] = by_stem.try_emplace(item.stem, &item);
    if (!is_new) conflicts.add(*place->second, item);
  }
  for (const SourceItem& item : items) find_files_as_folders(item, by_stem, output, conflicts);
  if (conflicts.count == 0) return {};
  return conflict_error(conflicts, names, output.layout());
}

}  // namespace segfleet
