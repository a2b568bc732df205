// SPDX-License-Identifier: Apache-2.0
// libsegfleet_engine_openvino.so: the one symbol that it exports, and how a model is loaded.
#include <fmt/format.h>

#include <openvino/core/version.hpp>
#include <openvino/runtime/properties.hpp>

#include "engine/openvino/compiled_cache.h"
#include "engine/openvino/device.h"
#include "engine/openvino/graph.h"
#include "engine/openvino/guard.h"
#include "engine/openvino/openvino_engine.h"

namespace segfleet {
namespace {

ElementType our_type(const ov::element::Type& type) {
  if (type == ov::element::u8) return ElementType::u8;
  if (type == ov::element::i32) return ElementType::i32;
  if (type == ov::element::i64) return ElementType::i64;
  return ElementType::f32;
}

// From checked parts to an engine. Throws what OpenVINO throws.
class Loader {
 public:
  Loader(const ModelPackage& package, const EngineOptions& options, std::string device, ov::AnyMap properties,
         Graph graph)
      : package_(package),
        options_(options),
        device_(std::move(device)),
        properties_(std::move(properties)),
        graph_(std::move(graph)) {}

  Result<std::unique_ptr<Engine>> load() {
    auto size = network_size(graph_, package_);
    if (!size.ok()) return size.error();
    SEGFLEET_RETURN_IF_ERROR(add_shapes(*size));
    EngineInfo info = describe(*size);
    const int threads = device_ == "CPU" ? shapes_[0].model.get_property(ov::inference_num_threads) : 1;
    auto tail = std::make_unique<TailRunner>(folded_, options_.lanes, threads / options_.lanes);
    return std::unique_ptr<Engine>(
        new OpenVinoEngine(std::move(info), device_, options_.batch, std::move(shapes_), std::move(tail)));
  }

 private:
  // Fixed shapes where every picture has one size, for batch and for single items; else one open shape.
  Status add_shapes(Size size) {
    if (size.width < 0 || size.height < 0) return add_shape(-1, size);
    SEGFLEET_RETURN_IF_ERROR(fold(options_.batch, size));
    if (folded_.model->output().get_partial_shape().is_dynamic()) return add_shape(-1, size);
    for (int batch = options_.batch; batch > 1; batch /= 2) {
      SEGFLEET_RETURN_IF_ERROR(add_shape(batch, size));
      if (!options_.every_batch) break;
    }
    return add_shape(1, size);
  }

  Status fold(int batch, Size size) {
    auto model = with_shape(graph_, batch, size);
    if (!model.ok()) return model.error();
    SEGFLEET_RETURN_IF_ERROR(check_output_size(graph_, **model, batch, size, package_.graph_path));
    if (!options_.scores) {
      folded_ = fold_output(std::move(*model), device_ == "CPU");
      return {};
    }
    auto folded = fold_to_scores(std::move(*model));
    if (!folded)
      return Error{
          ErrorCode::invalid_argument,
          fmt::format("{}: the graph gives labels, and no ArgMax over classes was found before which it "
                      "could be cut; leave --restore logits out, or export the model with --output_op none",
                      package_.graph_path.native())};
    folded_ = std::move(*folded);
    return {};
  }

  Status add_shape(int batch, Size size) {
    SEGFLEET_RETURN_IF_ERROR(fold(batch, size));
    const auto identity = fmt::format("{} {}x{}x{}{}", package_.fingerprint, batch, size.width, size.height,
                                      options_.scores ? " scores" : "");
    const bool known = !package_.fingerprint.empty();
    auto compiled = compile_cached(folded_.model, device_, properties_,
                                   known ? options_.cache_folder : std::filesystem::path(), identity);
    if (!compiled.note.empty()) graph_.notes.push_back(compiled.note);
    from_cache_ = from_cache_ && compiled.from_cache;
    CompiledShape shape{batch, std::move(compiled.model), {}};
    for (int lane = 0; lane < options_.lanes; ++lane)
      shape.requests.push_back(shape.model.create_infer_request());
    shapes_.push_back(std::move(shape));
    return {};
  }

  EngineInfo describe(Size size) const {
    EngineInfo info;
    info.name = "openvino";
    info.version = ov::get_openvino_version().buildNumber;
    info.device_name = openvino_core().get_property(device_, ov::device::full_name);
    info.input = {graph_.input_name, ElementType::f32, {graph_.input_shape[0], 3, size.height, size.width}};
    info.output = {graph_.output_name, ElementType::u8, output_shape()};
    if (folded_.tail == Tail::none) info.output.type = our_type(folded_.model->output().get_element_type());
    info.lanes = options_.lanes;
    info.class_count = folded_.class_count;
    info.loaded_from_cache = from_cache_;
    info.notes = graph_.notes;
    return info;
  }

  // As infer() gives it, the batch as open as the graph's own.
  Shape output_shape() const {
    Shape shape = to_shape(folded_.model->output().get_partial_shape());
    if (folded_.tail == Tail::argmax) shape.pop_back();
    if (folded_.tail == Tail::upsample_argmax) shape = {1, folded_.labels.height, folded_.labels.width};
    const bool labels = folded_.tail != Tail::none || gives_labels(*folded_.model);
    if (labels && shape.size() == 4) shape.erase(1);
    shape[0] = graph_.input_shape[0];
    return shape;
  }

  const ModelPackage& package_;
  const EngineOptions& options_;
  std::string device_;
  ov::AnyMap properties_;
  Graph graph_;
  FoldedGraph folded_;  // of the shape added last: they differ in the batch only
  std::vector<CompiledShape> shapes_;
  bool from_cache_ = true;
};

// A value that OpenVINO refuses is the user's mistake where the user gave it.
Error blame_option(Error error, const EngineOptions& options) {
  for (const auto& [key, value] : options.extra)
    if (error.message.find(key) != std::string::npos)
      return {ErrorCode::invalid_argument, fmt::format("engine option {}={}: {}", key, value, error.message)};
  return error;
}

class OpenVinoFactory : public EngineFactory {
 public:
  std::string version() const override { return ov::get_openvino_version().buildNumber; }

  Result<std::vector<EngineDevice>> devices() const override { return openvino_accelerators(); }

  Result<std::unique_ptr<Engine>> load(const ModelPackage& model,
                                       const EngineOptions& options) const override {
    if (options.lanes < 1 || options.batch < 1 || options.threads < 0)
      return Error{ErrorCode::invalid_argument,
                   fmt::format("lanes ({}) and batch ({}) must be at least 1, threads ({}) at least 0",
                               options.lanes, options.batch, options.threads)};
    auto device = openvino_device(options.device);
    if (!device.ok()) return device.error();
    auto properties = openvino_properties(*device, options);
    if (!properties.ok()) return properties.error();
    auto graph = read_graph(model);
    if (!graph.ok()) return graph.error();
    Loader loader(model, options, *device, std::move(*properties), std::move(*graph));
    auto engine =
        guarded(ErrorCode::engine_error,
                fmt::format("OpenVINO cannot compile {} for {}", model.graph_path.native(), options.device),
                [&] { return loader.load(); });
    if (!engine.ok()) return blame_option(engine.error(), options);
    return engine;
  }
};

}  // namespace
}  // namespace segfleet

extern "C" __attribute__((visibility("default"))) const segfleet::EngineFactory*
segfleet_engine_factory_v1() {
  static const segfleet::OpenVinoFactory factory;
  return &factory;
}
