// SPDX-License-Identifier: Apache-2.0
// The shape of a command that only answers: as text for people, or with --json as one object for programs.
#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/print_error.h"
#include "cli/standard_output.h"

namespace segfleet {

// `ask` gives a Result<Answer>; its error is printed. `print_for_people` and `json_of` take the answer.
template <typename Ask, typename PrintForPeople, typename JsonOf>
void answer(CLI::App& command, int& exit_status, const Ask& ask, PrintForPeople print_for_people,
            JsonOf json_of) {
  auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "One JSON object");
  command.callback([=, &exit_status] {
    const auto answer = ask();
    if (!answer.ok())
      exit_status = print_error(answer.error());
    else if (*json)  // bytes of a name that are no UTF-8 become U+FFFD
      print("{}\n", json_of(*answer).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    else
      print_for_people(*answer);
  });
}

}  // namespace segfleet
