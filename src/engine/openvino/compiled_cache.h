// SPDX-License-Identifier: Apache-2.0
// Compiled models kept between runs. OpenVINO's own CACHE_DIR is not used: it loads a blob with flipped bits
// without a word, and a process that rewrites a blob does so under the feet of those that have it mapped.
// Here a blob carries its digest and appears by rename. Nothing about the cache fails a run: at worst the
// model is compiled. Thread-safety: free functions; several processes may share a folder.
#pragma once
#include <filesystem>
#include <memory>
#include <openvino/runtime/core.hpp>
#include <string>

namespace segfleet {

struct CompiledGraph {
  ov::CompiledModel model;
  bool from_cache = false;
  std::string note;  // why the cache could not be used; empty: it was, or none was asked for
};

// `identity`: what the blob depends on besides device and properties: the model's fingerprint, its shape.
// An empty folder: no cache. Throws what OpenVINO throws while it compiles.
CompiledGraph compile_cached(const std::shared_ptr<ov::Model>& model, const std::string& device,
                             const ov::AnyMap& properties, const std::filesystem::path& folder,
                             const std::string& identity);

}  // namespace segfleet
