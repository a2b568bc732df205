// SPDX-License-Identifier: Apache-2.0
#include "io/source/path_text.h"

#include <algorithm>
#include <filesystem>

namespace segfleet {
namespace {

bool is_normal(std::string_view path) {
  return path.size() > 1 && path.front() == '/' && path.back() != '/' && path.find("//") == path.npos &&
         path.find("/.") == path.npos;
}

void append_component(std::string& normal, std::string_view component) {
  if (component.empty() || component == ".") return;
  if (component == "..") {
    normal.resize(normal.empty() ? 0 : normal.rfind('/'));
    return;
  }
  normal += '/';
  normal += component;
}

std::string current_folder() {
  std::error_code ignored;  // a folder that was removed meanwhile: names are then shown from the root
  return std::filesystem::current_path(ignored).native();
}

}  // namespace

std::string join(std::string_view folder, std::string_view name) {
  if (folder.empty() || name.starts_with('/')) return std::string(name);
  std::string path(folder);
  if (path.back() != '/') path += '/';
  path += name;
  return path;
}

std::string absolute_text(std::string_view path) {
  if (is_normal(path)) return std::string(path);
  const std::string whole = path.starts_with('/') ? std::string(path) : join(current_folder() + "/", path);
  std::string normal;
  std::string_view rest = whole;
  while (!rest.empty()) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    append_component(normal, rest.substr(0, slash));
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  return normal.empty() ? "/" : normal;
}

std::string_view below(std::string_view folder, std::string_view path) {
  if (folder == "/") return path.substr(1);
  if (!path.starts_with(folder) || path.size() <= folder.size() || path[folder.size()] != '/') return {};
  return path.substr(folder.size() + 1);
}

std::string common_folder(std::string_view a, std::string_view b) {
  std::string_view folder = a;
  while (folder != b && below(folder, b).empty()) {
    folder = folder.substr(0, folder.rfind('/'));
    if (folder.empty()) return "/";
  }
  return std::string(folder);
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string_view folder_part(std::string_view path) {
  return path.substr(0, path.rfind('/') + 1);
}

}  // namespace segfleet
