// SPDX-License-Identifier: Apache-2.0
// XXH3-128, for fingerprints and for checking that a file is the one that was written. Not cryptographic.
#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "segfleet/error.h"

struct XXH3_state_s;

namespace segfleet {

class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept = default;
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  Status update_from_file(const std::filesystem::path& path);  // streams: constant memory
  std::string hex_digest() const;                              // 32 lower-case hex digits

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

std::string hash_hex(std::span<const std::byte> bytes);
void hash_hex(std::span<const std::byte> bytes, std::string& hex);  // in the memory that `hex` has

}  // namespace segfleet
