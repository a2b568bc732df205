// SPDX-License-Identifier: Apache-2.0
#include "io/source/source.h"

#include <fmt/format.h>

#include "io/source/input_collector.h"
#include "io/source/name_conflicts.h"

namespace segfleet {
namespace {

constexpr std::size_t kInputsShown = 3;

Error nothing_found(const std::vector<std::string>& inputs, const std::vector<std::string>& notes) {
  if (inputs.empty()) return {ErrorCode::invalid_argument, "no input is named"};
  std::string where;
  for (std::size_t i = 0; i < inputs.size() && i < kInputsShown; ++i)
    where += (i == 0 ? "" : ", ") + inputs[i];
  if (inputs.size() > kInputsShown) where += ", ...";
  std::string seen;
  for (const std::string& note : notes) seen += "; " + note;
  return {
      ErrorCode::invalid_argument,
      fmt::format("no picture found in {} (.jpg .jpeg .png .bmp .webp .tif .tiff, hidden names left out){}",
                  where, seen)};
}

// predict.py writes each overlay under its picture's own suffix, by cv2.imwrite.
Status check_suffixes(const std::vector<SourceItem>& items, const OutputLayout& output) {
  for (const SourceItem& item : items)
    if (!output.overlay_format(item.input))
      return Error{
          ErrorCode::invalid_argument,
          fmt::format("--layout predict writes an overlay under each picture's own suffix, which must "
                      "be .jpg, .jpeg, .png or .bmp: leave {} out, or use --layout segfleet",
                      item.input)};
  return {};
}

}  // namespace

Result<SourceList> list_sources(const std::vector<std::string>& inputs, NameStyle names,
                                std::istream& standard_input, const OutputLayout& output, StopPoll stop) {
  InputCollector collector(standard_input, output, stop);
  for (const std::string& input : inputs) {
    const Status added = collector.add(input);
    if (stop.wanted()) return Error{ErrorCode::interrupted, "stopped while the inputs were listed"};
    SEGFLEET_RETURN_IF_ERROR(added);
  }
  SourceList list = collector.finish(names);
  if (list.items.empty() && list.failures.empty()) return nothing_found(inputs, list.notes);
  SEGFLEET_RETURN_IF_ERROR(check_name_conflicts(list.items, names, output));
  SEGFLEET_RETURN_IF_ERROR(check_suffixes(list.items, output));
  return list;
}

}  // namespace segfleet
