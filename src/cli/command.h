// SPDX-License-Identifier: Apache-2.0
// The words of the command line. Each add_*() puts its subcommand into `app`; the command sets `exit_status`
// when the parser runs it.
#pragma once
#include <CLI/CLI.hpp>

namespace segfleet {

void add_run_command(CLI::App& app, int& exit_status);
void add_tune_command(CLI::App& app, int& exit_status);
void add_ctl_command(CLI::App& app, int& exit_status);
void add_devices_command(CLI::App& app, int& exit_status);
void add_inspect_command(CLI::App& app, int& exit_status);
void add_convert_command(CLI::App& app, int& exit_status);
void add_report_command(CLI::App& app, int& exit_status);
void add_doctor_command(CLI::App& app, int& exit_status);
void add_completion_command(CLI::App& app, int& exit_status);

}  // namespace segfleet
