// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <iterator>
#include <new>
#include <vector>

#include "base/errno_error.h"
#include "base/unique_fd.h"

namespace segfleet {
namespace {

void to_hex(XXH128_hash_t digest, std::string& hex) {
  hex.clear();
  fmt::format_to(std::back_inserter(hex), "{:016x}{:016x}", digest.high64, digest.low64);
}

}  // namespace

void Hasher::Free::operator()(XXH3_state_s* state) const {
  XXH3_freeState(state);
}

Hasher::Hasher() : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_128bits_reset(state_.get());
}

Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::byte> bytes) {
  XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
}

void Hasher::update(std::string_view text) {
  update(std::as_bytes(std::span(text)));
}

Status Hasher::update_from_file(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error(errno, fmt::format("cannot open {}", path.string()));
  std::vector<std::byte> chunk(1 << 20);
  while (true) {
    const ssize_t count = ::read(fd.get(), chunk.data(), chunk.size());
    if (count == 0) return {};
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno_error(errno, fmt::format("cannot read {}", path.string()));
    }
    update(std::span(chunk).first(static_cast<std::size_t>(count)));
  }
}

std::string Hasher::hex_digest() const {
  std::string hex;
  to_hex(XXH3_128bits_digest(state_.get()), hex);
  return hex;
}

std::string hash_hex(std::span<const std::byte> bytes) {
  std::string hex;
  hash_hex(bytes, hex);
  return hex;
}

void hash_hex(std::span<const std::byte> bytes, std::string& hex) {
  to_hex(XXH3_128bits(bytes.data(), bytes.size()), hex);
}

}  // namespace segfleet
