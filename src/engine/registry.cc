// SPDX-License-Identifier: Apache-2.0
#include "engine/registry.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <system_error>

#include "base/running_program.h"
#include "engine/python_engines.h"

namespace segfleet {
namespace {

constexpr std::string_view kPrefix = "libsegfleet_engine_";
constexpr std::string_view kSuffix = ".so";
constexpr const char* kFactorySymbol = "segfleet_engine_factory_v1";

bool is_engine_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

using Folders = std::vector<std::filesystem::path>;

// Where a program's engines may lie, first choice first.
Folders engine_folders(const std::filesystem::path& program) {
  const auto folder = program.parent_path();
  return {folder, (folder / "../lib/segfleet").lexically_normal()};
}

Folders engine_folders() {
  const auto program = running_program();
  if (!program.ok()) return {};
  return engine_folders(*program);
}

std::vector<std::string> engines_in(const Folders& folders) {
  std::vector<std::string> names;
  for (const auto& folder : folders) {
    std::error_code ignored;  // a folder that is not there holds no engines
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      const std::string file = entry.path().filename().native();
      if (!file.starts_with(kPrefix) || !file.ends_with(kSuffix)) continue;
      if (file.size() < kPrefix.size() + kSuffix.size()) continue;
      const auto name = file.substr(kPrefix.size(), file.size() - kPrefix.size() - kSuffix.size());
      if (is_engine_name(name)) names.push_back(name);
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Error unavailable(const std::string& name, std::string_view why, const Folders& folders) {
  std::string places;
  for (const auto& folder : folders) {
    if (!places.empty()) places += " and ";
    places += folder.native();
  }
  return {
      ErrorCode::engine_unavailable,
      fmt::format(
          "engine '{}' {}; looked in {}; installed engines: {}; engines in Python: {}, package.module:Class",
          name, why, places, fmt::join(engines_in(folders), ", "), fmt::join(python_engines(), ", "))};
}

// The engine's shared object; empty: none.
std::filesystem::path engine_file(const std::string& name, const Folders& folders) {
  for (const auto& folder : folders) {
    auto path = folder / fmt::format("{}{}{}", kPrefix, name, kSuffix);
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return path;
  }
  return {};
}

// What makes an engine of ours open where the loader has refused it; empty: the loader's words say all.
std::string mend(std::string_view name) {
  if (name != "openvino") return "";
  return fmt::format(" (it needs the libraries of OpenVINO {0}: pip install openvino=={0})",
                     SEGFLEET_OPENVINO_VERSION);
}

using GetFactory = const EngineFactory* (*)();

}  // namespace

std::vector<std::string> installed_engines() {
  return engines_in(engine_folders());
}

Status find_engine(const std::string& name, const std::filesystem::path& program) {
  std::error_code error;
  const Folders folders = engine_folders(std::filesystem::canonical(program, error));
  if (engine_file(name, folders).empty()) return unavailable(name, "is not installed", folders);
  return {};
}

Result<const EngineFactory*> open_engine_factory(const std::string& name) {
  if (!is_engine_name(name))
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("engine name '{}' must consist of a-z, 0-9 and _, as in --engine openvino", name)};
  const Folders folders = engine_folders();
  const std::filesystem::path path = engine_file(name, folders);
  if (path.empty()) return unavailable(name, "is not installed", folders);
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return unavailable(name, fmt::format("cannot be opened: {}{}", ::dlerror(), mend(name)), folders);
  const auto get_factory = reinterpret_cast<GetFactory>(::dlsym(library, kFactorySymbol));
  if (get_factory == nullptr)
    return unavailable(
        name, fmt::format("has no {}: {} is not an engine of this version", kFactorySymbol, path.native()),
        folders);
  return get_factory();
}

}  // namespace segfleet
