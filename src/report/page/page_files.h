// SPDX-License-Identifier: Apache-2.0
// The page's parts, which CMake makes of the files beside this one. Thread-safety: constants.
#pragma once
#include <string_view>

namespace segfleet {

extern const std::string_view kPageHtml;  // with {{css}}, {{data}} and so on where those belong
extern const std::string_view kPageCss;
extern const std::string_view kPageToolsJs;
extern const std::string_view kPageSectionsJs;

}  // namespace segfleet
