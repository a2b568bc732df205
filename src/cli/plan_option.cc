// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_option.h"

#include <set>

#include "segfleet/model.h"
#include "tune/plan.h"

namespace segfleet {

Status take_plan(const std::filesystem::path& path, const CLI::App& command, ComputeOptions& options,
                 std::vector<std::string>& notes) {
  const Result<Plan> plan = read_plan(path);
  SEGFLEET_RETURN_IF_ERROR(plan);
  const Result<ModelPackage> model = load_model_package(options.model);
  SEGFLEET_RETURN_IF_ERROR(model);
  SEGFLEET_RETURN_IF_ERROR(check_plan(*plan, path, this_machine(), model->fingerprint));
  std::set<std::string> given;
  for (const CLI::Option* option : command.get_options())
    if (option->count() > 0) given.insert(option->get_lnames().begin(), option->get_lnames().end());
  notes = use_plan(*plan, path, given, options);
  return {};
}

}  // namespace segfleet
