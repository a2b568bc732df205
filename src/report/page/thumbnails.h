// SPDX-License-Identifier: Apache-2.0
// Small pictures for the page: an input with its mask over it, as data URIs. Bounded in number and bytes.
// Thread-safety: free functions without shared state.
#pragma once
#include <string>
#include <vector>

#include "fleet/ledger/ledger_reader.h"
#include "io/sink/output_layout.h"

namespace segfleet {

struct Thumbnail {
  std::string input;
  std::string data_uri;  // a JPEG
  Size size;
};

struct Thumbnails {
  std::vector<Thumbnail> pictures;
  int missing = 0;          // items of which none could be made
  std::string why_missing;  // of the first of them
};

inline constexpr int kThumbnails = 12;

// Of the first `kThumbnails` items at most. A picture that is gone or cannot be read is no error.
Thumbnails make_thumbnails(const std::vector<ItemRecord>& items, const OutputLayout& layout);

}  // namespace segfleet
