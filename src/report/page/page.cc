// SPDX-License-Identifier: Apache-2.0
#include "report/page/page.h"

#include <array>
#include <utility>

#include "report/page/page_files.h"
#include "report/page/page_json.h"

namespace segfleet {
namespace {

// JSON that is safe inside a script element: no "</script", no "<!--". Bytes that are no UTF-8 become U+FFFD.
std::string data_text(const nlohmann::ordered_json& json) {
  const std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char character : text)
    if (character == '<')
      safe += "\\u003c";
    else
      safe += character;
  return safe;
}

}  // namespace

std::string page_html(const RunFacts& facts, const Thumbnails& thumbnails, const std::string& folder) {
  nlohmann::ordered_json json = facts_json(facts);
  json["folder"] = folder;
  json["samples"] = pictures_json(thumbnails);
  const std::string data = data_text(json);
  const std::array parts{std::pair{std::string_view("{{css}}"), kPageCss},
                         std::pair{std::string_view("{{data}}"), std::string_view(data)},
                         std::pair{std::string_view("{{tools}}"), kPageToolsJs},
                         std::pair{std::string_view("{{sections}}"), kPageSectionsJs}};
  std::string page;
  std::string_view rest = kPageHtml;
  for (const auto& [mark, part] : parts) {
    const std::size_t at = rest.find(mark);
    page += rest.substr(0, at);
    page += part;
    rest.remove_prefix(at + mark.size());
  }
  page += rest;
  return page;
}

}  // namespace segfleet
