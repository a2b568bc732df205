// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "bindings.h"
#include "model/config_text.h"
#include "python_error.h"
#include "segfleet/model.h"
#include "shape_caster.h"
#include "text_caster.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace segfleet {
namespace {

std::vector<std::string> transforms_of(const ModelPackage& model) {
  std::vector<std::string> texts;
  for (const Transform& transform : model.transforms) texts.push_back(describe(transform));
  return texts;
}

ModelPackage load(const std::filesystem::path& path) {
  Result<ModelPackage> model = load_model_package(path);
  if (!model.ok()) raise(model.error());
  return std::move(model).value();
}

}  // namespace

void bind_model(nb::module_& module) {
  nb::class_<ModelPackage>(module, "ModelPackage",
                           "A PaddleSeg or PaddleX export: configuration, graph and weights.")
      .def_ro("folder", &ModelPackage::folder)
      .def_ro("config_path", &ModelPackage::config_path, "deploy.yaml or inference.yml")
      .def_ro("graph_path", &ModelPackage::graph_path, ".onnx, .xml, .json or .pdmodel")
      .def_prop_ro(
          "weights_path",
          [](const ModelPackage& model) -> nb::object {
            if (model.weights_path.empty()) return nb::none();
            return nb::cast(model.weights_path);
          },
          nb::sig("def weights_path(self) -> pathlib.Path | None"),
          ".bin or .pdiparams; None where the graph's file holds them")
      .def_prop_ro(
          "format", [](const ModelPackage& model) { return name_of(model.format); },
          "'onnx', 'openvino' or 'paddle'")
      .def_ro("pir", &ModelPackage::pir, "Format 'paddle': Paddle 3's .json, not a .pdmodel")
      .def_ro("paddlex", &ModelPackage::paddlex, "Runs as PaddleX runs it, not as PaddleSeg")
      .def_ro("input_shape", &ModelPackage::input_shape,
              "As the configuration says, -1 where it is open; may be empty")
      .def_prop_ro("transforms", transforms_of, "What is done to a picture, one text each")
      .def_prop_ro(
          "output_op", [](const ModelPackage& model) { return name_of(model.output_op); },
          "'argmax', 'softmax' or 'none': the last operation of the exported graph")
      .def_ro("output_dtype", &ModelPackage::output_dtype)
      .def_ro("class_names", &ModelPackage::class_names)
      .def_ro("warnings", &ModelPackage::warnings)
      .def_ro("fingerprint", &ModelPackage::fingerprint,
              "32 hex digits over configuration, graph and weights");
  module.def("config_text", config_text, "package"_a, "graph_name"_a,
             "The text of a deploy.yaml (PaddleX: inference.yml) for the package with another graph.");
  module.def("load_model_package", load, "path"_a,
             "Reads and checks a model package: the folder, or its yaml file. Raises segfleet.Error.");
}

}  // namespace segfleet
