// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/answer_command.h"
#include "cli/command.h"
#include "fleet/device/device.h"
#include "fleet/device/device_files.h"
#include "fleet/find_workers.h"
#include "fleet/process/ask_engine.h"

namespace segfleet {
namespace {

struct DevicesAnswer {
  std::string engine;
  std::vector<int> cores;
  std::vector<EngineDevice> accelerators;
  std::vector<Device> chosen;  // by --devices auto
};

Result<DevicesAnswer> look(const std::string& engine) {
  DevicesAnswer answer;
  answer.engine = engine;
  answer.cores = allowed_cores();
  if (accelerators_wanted("auto")) {
    const auto worker = find_worker_command(engine, {});
    SEGFLEET_RETURN_IF_ERROR(worker);
    SEGFLEET_RETURN_IF_ERROR(check_engine(*worker, engine));
    auto description = ask_engine(*worker, engine);
    SEGFLEET_RETURN_IF_ERROR(description);
    answer.accelerators = std::move(description->devices);
  }
  auto chosen = parse_devices("auto", answer.cores, answer.accelerators);
  SEGFLEET_RETURN_IF_ERROR(chosen);
  answer.chosen = std::move(*chosen);
  return answer;
}

std::string joined(const std::vector<int>& cores) {
  std::string text;
  for (const int core : cores) text += fmt::format("{}{}", text.empty() ? "" : ",", core);
  return text;
}

void print_devices(const DevicesAnswer& answer) {
  print("{:<10} cores {}\n", "cpu", joined(answer.cores));
  for (const EngineDevice& device : answer.accelerators)
    print("{:<10} {}\n", device.name, device.description);
  if (answer.accelerators.empty()) print("no accelerator that engine {} can drive\n", answer.engine);
  std::string chosen;
  for (const Device& device : answer.chosen) chosen += (chosen.empty() ? "" : ",") + device.name;
  print("--devices auto is --devices {}\n", chosen);
  print("sim:0, sim:1, ... are always there: simulated devices, for rehearsals and tests\n");
}

nlohmann::ordered_json devices_json(const DevicesAnswer& answer) {
  nlohmann::ordered_json json = {
      {"cores", answer.cores}, {"accelerators", nlohmann::json::array()}, {"auto", nlohmann::json::array()}};
  for (const EngineDevice& device : answer.accelerators)
    json["accelerators"].push_back({{"device", device.name}, {"description", device.description}});
  for (const Device& device : answer.chosen)
    json["auto"].push_back({{"device", device.name}, {"cores", device.cores}});
  return json;
}

}  // namespace

void add_devices_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("devices", "List the devices of this machine and what auto chooses");
  auto engine = std::make_shared<std::string>("openvino");
  command->add_option("--engine", *engine, "Whose devices")->capture_default_str()->type_name("NAME");
  answer(*command, exit_status, [engine] { return look(*engine); }, print_devices, devices_json);
}

}  // namespace segfleet
