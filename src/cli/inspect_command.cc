// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/answer_command.h"
#include "cli/command.h"
#include "cli/json_text.h"
#include "fleet/find_workers.h"
#include "fleet/process/ask_engine.h"
#include "fleet/use_engine.h"
#include "report/text.h"
#include "segfleet/model.h"

namespace segfleet {
namespace {

struct Inspection {
  ModelPackage package;
  EngineUse use;
  EngineInfo engine;
};

// A conversion may take minutes: who waits for it is told at once, the rest is part of the answer.
Result<Inspection> inspect(const ComputeOptions& options) {
  auto package = load_model_package(options.model);
  SEGFLEET_RETURN_IF_ERROR(package);
  const auto tell = [](const std::string& note) {
    if (note.starts_with("converting ")) put(stderr, printable("segfleet: " + note) + "\n");
  };
  auto use = use_engine(options, *package, -1, tell);
  SEGFLEET_RETURN_IF_ERROR(use);
  const auto worker = find_worker_command(use->engine, {{}, options.python});
  SEGFLEET_RETURN_IF_ERROR(worker);
  SEGFLEET_RETURN_IF_ERROR(check_engine(*worker, use->engine));
  auto info =
      ask_engine_about_model(*worker, use->engine, use->converted.empty() ? options.model : use->converted);
  SEGFLEET_RETURN_IF_ERROR(info);
  return Inspection{std::move(*package), std::move(*use), std::move(*info)};
}

std::string text_of(const TensorInfo& tensor) {
  return fmt::format("{} {} {}", tensor.name, name_of(tensor.type), to_string(tensor.shape));
}

int class_count(const Inspection& inspection) {
  if (!inspection.package.class_names.empty()) return static_cast<int>(inspection.package.class_names.size());
  return inspection.engine.class_count;
}

void print_inspection(const Inspection& inspection) {
  const ModelPackage& package = inspection.package;
  const auto line = [](std::string_view name, const std::string& value) { print("{:<13}{}\n", name, value); };
  line("package", package.config_path.string());
  line("graph", fmt::format("{} ({}{})", package.graph_path.string(), name_of(package.format),
                            package.pir ? ", PIR" : ""));
  line("weights", package.weights_path.empty() ? "in the graph's file" : package.weights_path.string());
  line("fingerprint", package.fingerprint);
  line("rules", package.paddlex ? "PaddleX" : "PaddleSeg");
  line("transforms", package.transforms.empty() ? "none" : "");
  for (std::size_t i = 0; i < package.transforms.size(); ++i)
    print("  {}. {}\n", i + 1, describe(package.transforms[i]));
  line("output_op", fmt::format("{}, {}", name_of(package.output_op), package.output_dtype));
  const int classes = class_count(inspection);
  line("classes", classes == 0 ? "not told by the graph" : std::to_string(classes));
  for (std::size_t i = 0; i < package.class_names.size(); ++i) print("  {} {}\n", i, package.class_names[i]);
  line("engine", fmt::format("{} {}, {}", inspection.engine.name, inspection.engine.version,
                             inspection.engine.device_name));
  if (!inspection.use.reason.empty()) line("chosen", inspection.use.reason);
  if (!inspection.use.converted.empty()) line("converted", inspection.use.converted.string());
  line("input", text_of(inspection.engine.input));
  line("output", text_of(inspection.engine.output));
  for (const std::string& note : inspection.engine.notes) line("note", note);
  for (const std::string& warning : package.warnings) line("warning", warning);
}

nlohmann::ordered_json tensor_json(const TensorInfo& tensor) {
  return {{"name", tensor.name}, {"type", name_of(tensor.type)}, {"shape", tensor.shape}};
}

nlohmann::ordered_json inspection_json(const Inspection& inspection) {
  const ModelPackage& package = inspection.package;
  nlohmann::ordered_json json = {{"package", package.config_path.string()},
                                 {"graph", package.graph_path.string()},
                                 {"format", name_of(package.format)},
                                 {"pir", package.pir},
                                 {"paddlex", package.paddlex},
                                 {"weights", package.weights_path.string()},
                                 {"fingerprint", package.fingerprint},
                                 {"transforms", nlohmann::json::array()},
                                 {"output_op", name_of(package.output_op)},
                                 {"output_dtype", package.output_dtype},
                                 {"class_count", class_count(inspection)},
                                 {"class_names", package.class_names},
                                 {"engine", inspection.engine.name},
                                 {"engine_version", inspection.engine.version},
                                 {"engine_reason", text_or_null(inspection.use.reason)},
                                 {"converted_model", text_or_null(inspection.use.converted.string())},
                                 {"input", tensor_json(inspection.engine.input)},
                                 {"output", tensor_json(inspection.engine.output)},
                                 {"notes", inspection.engine.notes},
                                 {"warnings", package.warnings}};
  for (const Transform& transform : package.transforms) json["transforms"].push_back(describe(transform));
  return json;
}

}  // namespace

void add_inspect_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("inspect", "Say what a model package holds and how it would run");
  auto words = std::make_shared<ComputeOptions>();
  command->add_option("model", words->model, "Model package")->required()->type_name("DIR");
  command->add_option("--engine", words->engine, "What runs the graph")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--python", words->python, "Interpreter; default $SEGFLEET_PYTHON, else python3")
      ->type_name("PROGRAM");
  const auto ask = [words] { return inspect(*words); };
  answer(*command, exit_status, ask, print_inspection, inspection_json);
}

}  // namespace segfleet
