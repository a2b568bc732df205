// SPDX-License-Identifier: Apache-2.0
#include "engine/openvino/compiled_cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <openvino/core/version.hpp>
#include <openvino/runtime/properties.hpp>
#include <optional>
#include <sstream>
#include <system_error>

#include "base/hash.h"
#include "engine/openvino/device.h"

namespace segfleet {
namespace {

constexpr std::size_t kDigestBytes = 32;
constexpr int kFormat = 1;  // of the graphs that fold.h leaves: raise it when those change

std::filesystem::path blob_path(const std::filesystem::path& folder, const std::string& device,
                                const ov::AnyMap& properties, const std::string& identity) {
  Hasher hasher;
  hasher.update(
      fmt::format("{}\n{}\n{}\n{}\n", kFormat, identity, device, ov::get_openvino_version().buildNumber));
  hasher.update(openvino_core().get_property(device, ov::device::full_name));
  for (const auto& capability : openvino_core().get_property(device, ov::device::capabilities))
    hasher.update("\n" + capability);
  for (const auto& [key, value] : properties)
    hasher.update(fmt::format("\n{}={}", key, value.as<std::string>()));
  return folder / fmt::format("openvino-{}.blob", hasher.hex_digest());
}

// The blob without its digest, or nothing where there is none or it is damaged.
std::optional<ov::Tensor> read_blob(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size <= kDigestBytes) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  ov::Tensor bytes(ov::element::u8, {static_cast<std::size_t>(size)});
  auto* data = static_cast<char*>(bytes.data());
  if (!file.read(data, static_cast<std::streamsize>(size))) return std::nullopt;
  const std::size_t blob_size = size - kDigestBytes;
  const std::string digest = hash_hex(std::as_bytes(std::span(data, blob_size)));
  if (std::memcmp(digest.data(), data + blob_size, kDigestBytes) != 0) return std::nullopt;
  return ov::Tensor(bytes, ov::Coordinate{0}, ov::Coordinate{blob_size});
}

std::optional<ov::CompiledModel> import_blob(const std::filesystem::path& path, const std::string& device,
                                             const ov::AnyMap& properties) {
  try {
    if (const auto blob = read_blob(path)) return openvino_core().import_model(*blob, device, properties);
  } catch (const std::exception&) {
    // Of another build, or not a regular file: compiled again and replaced.
  }
  return std::nullopt;
}

// Not fsynced: a blob that a power cut damages fails its digest. Gives why it could not be written.
std::string write_blob(const ov::CompiledModel& model, const std::filesystem::path& path) try {
  std::filesystem::create_directories(path.parent_path());
  std::ostringstream stream;
  const_cast<ov::CompiledModel&>(model).export_model(stream);
  const std::string bytes = std::move(stream).str();
  const auto temporary = path.parent_path() / fmt::format(".{}.{}", path.filename().native(), ::getpid());
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << bytes << hash_hex(std::as_bytes(std::span(bytes)));
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(temporary, path, error);
  if (file && !error) return {};
  std::error_code ignored;
  std::filesystem::remove(temporary, ignored);
  return fmt::format("cannot write {}", path.native());
} catch (const std::exception& exception) {
  return exception.what();
}

}  // namespace

CompiledGraph compile_cached(const std::shared_ptr<ov::Model>& model, const std::string& device,
                             const ov::AnyMap& properties, const std::filesystem::path& folder,
                             const std::string& identity) {
  if (folder.empty()) return {openvino_core().compile_model(model, device, properties), false, ""};
  const auto path = blob_path(folder, device, properties, identity);
  if (auto imported = import_blob(path, device, properties)) return {std::move(*imported), true, ""};
  CompiledGraph compiled{openvino_core().compile_model(model, device, properties), false, ""};
  const std::string why = write_blob(compiled.model, path);
  if (!why.empty())
    compiled.note = fmt::format("the compiled model is not kept in {}: {}", folder.native(), why);
  return compiled;
}

}  // namespace segfleet
