// SPDX-License-Identifier: Apache-2.0
// The page: page.html with the style, the scripts and the facts inside it. It loads nothing from anywhere.
// Thread-safety: a free function without shared state.
#pragma once
#include <string>

#include "report/facts/run_facts.h"
#include "report/page/thumbnails.h"

namespace segfleet {

// `folder`: the output folder, for the page's title.
std::string page_html(const RunFacts& facts, const Thumbnails& thumbnails, const std::string& folder);

}  // namespace segfleet
