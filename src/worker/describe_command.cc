// SPDX-License-Identifier: Apache-2.0
#include "worker/describe_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <span>

#include "base/file.h"
#include "engine/describe.h"
#include "segfleet/model.h"

namespace segfleet {
namespace {

Result<std::string> describe_engine_as_json(const std::string& name, const OpenEngine& open_engine) {
  const Result<const EngineFactory*> factory = open_engine(name);
  SEGFLEET_RETURN_IF_ERROR(factory);
  const Result<EngineDescription> description = describe_engine(**factory);
  SEGFLEET_RETURN_IF_ERROR(description);
  return to_json(*description);
}

Result<std::string> describe_model_as_json(const std::string& folder, const std::string& name,
                                           const OpenEngine& open_engine) {
  const Result<ModelPackage> model = load_model_package(folder);
  SEGFLEET_RETURN_IF_ERROR(model);
  const Result<const EngineFactory*> factory = open_engine(name);
  SEGFLEET_RETURN_IF_ERROR(factory);
  const Result<std::unique_ptr<Engine>> engine = (*factory)->load(*model, EngineOptions{});
  SEGFLEET_RETURN_IF_ERROR(engine);
  return to_json((*engine)->info());
}

bool write_line(int fd, std::string line) {
  line += '\n';
  return write_all(fd, std::as_bytes(std::span(line)));
}

}  // namespace

int run_describe(const DescribeRequest& request, const OpenEngine& open_engine, const UniqueFd& output) {
  const Result<std::string> line = request.model.empty()
                                       ? describe_engine_as_json(request.engine, open_engine)
                                       : describe_model_as_json(request.model, request.engine, open_engine);
  if (line.ok()) return write_line(output.get(), *line) ? 0 : 1;
  fmt::print(stderr, "segfleet-worker: {}: {}\n", name_of(line.error().code), line.error().message);
  write_line(output.get(), to_json(line.error()));
  return 1;
}

}  // namespace segfleet
