// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string_view.h>

#include "bindings.h"
#include "python_error.h"
#include "segfleet/engine.h"
#include "text_caster.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace segfleet {
namespace {

Precision precision_of(const std::string& name) {
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    if (name_of(precision) == name) return precision;
  raise({ErrorCode::invalid_argument, fmt::format("precision '{}' is neither fp32 nor bf16", name)});
}

void make(EngineOptions* place, std::string device, int threads, int lanes, int batch, bool every_batch,
          std::uint64_t memory_limit_bytes, const std::string& precision, bool scores,
          std::optional<std::filesystem::path> cache_folder, std::map<std::string, std::string> extra,
          bool labels_suffice) {
  new (place) EngineOptions{std::move(device),
                            threads,
                            lanes,
                            batch,
                            every_batch,
                            memory_limit_bytes,
                            precision_of(precision),
                            scores,
                            std::move(cache_folder).value_or(""),
                            std::move(extra)};
  place->labels_suffice = labels_suffice;
}

}  // namespace

void bind_engine_options(nb::module_& module) {
  nb::class_<EngineOptions>(module, "EngineOptions", "What an engine is told when it loads a model.")
      .def("__init__", make, nb::kw_only(), "device"_a = "cpu", "threads"_a = 0, "lanes"_a = 1, "batch"_a = 1,
           "every_batch"_a = false, "memory_limit_bytes"_a = 0, "precision"_a = "fp32", "scores"_a = false,
           "cache_folder"_a = nb::none(), "extra"_a = std::map<std::string, std::string>(),
           "labels_suffice"_a = false)
      .def_ro("device", &EngineOptions::device, "'cpu', 'gpu:0', ...; see segfleet.engine.Engine")
      .def_ro("threads", &EngineOptions::threads, "Compute threads; 0: as many as the process may use")
      .def_ro(
          "scores", &EngineOptions::scores,
          "Scores are wanted: cut an argmax export's graph before its ArgMax, or refuse (ModelUnsupported)")
      .def_ro("lanes", &EngineOptions::lanes, "How many infer() calls may run at once")
      .def_ro("batch", &EngineOptions::batch, "Largest batch that infer() will be given")
      .def_ro("every_batch", &EngineOptions::every_batch,
              "Batches of each power of two below that will come as well")
      .def_ro("memory_limit_bytes", &EngineOptions::memory_limit_bytes,
              "Of this engine, for the library's own limit; 0: none")
      .def_prop_ro(
          "precision", [](const EngineOptions& options) { return name_of(options.precision); },
          "'fp32' or 'bf16'")
      .def_prop_ro(
          "cache_folder",
          [](const EngineOptions& options) -> nb::object {
            if (options.cache_folder.empty()) return nb::none();
            return nb::cast(options.cache_folder);
          },
          nb::sig("def cache_folder(self) -> pathlib.Path | None"), "For compiled models; None: no cache")
      .def_ro("labels_suffice", &EngineOptions::labels_suffice,
              "Scores are wanted for their argmax alone: uint8 labels may be given in their place")
      .def_ro("extra", &EngineOptions::extra, "--engine-option KEY=VALUE; an unknown key is an error");
}

}  // namespace segfleet
