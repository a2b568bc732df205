// SPDX-License-Identifier: Apache-2.0
// Names of outputs from names of inputs. Bytes, never decoded.
// Thread-safety: free functions without shared state.
#pragma once
#include <string>
#include <string_view>

#include "segfleet/options.h"

namespace segfleet {

// ".jpg" of "a/b.c.jpg", lower case; empty where the name has none or is only a suffix (".jpg").
std::string suffix_of(std::string_view path);

// .jpg .jpeg .png .bmp .webp .tif .tiff in any case.
bool has_picture_suffix(std::string_view path);

// The output path without its suffix: "a/b.jpg" -> "a/b", or "a/b.jpg" with NameStyle::full. A name that
// would be empty, "." or ".." keeps its suffix. A name that with ".png" would not fit 255 bytes is cut (at a
// whole UTF-8 character) and gets "~" and 16 hex digits of its XXH3-128, so that it stays unique and the same
// in every run.
std::string output_stem(std::string_view relative_path, NameStyle names);

}  // namespace segfleet
