// SPDX-License-Identifier: Apache-2.0
// Tells a file's format by its first bytes. Thread-safety: free functions, no shared state.
#pragma once
#include <cstddef>
#include <span>
#include <string_view>

namespace segfleet {

enum class PictureFormat { jpeg, png, bmp, webp, tiff, other };

PictureFormat picture_format(std::span<const std::byte> encoded);

// For a file of format `other`: whether it is shorter than a signature that it begins like.
bool is_start_of_signature(std::span<const std::byte> encoded);

// For a file of format `other`: what it looks like ("GIF", "a PDF document", "text", ...).
std::string_view resembles(std::span<const std::byte> encoded);

}  // namespace segfleet
