// SPDX-License-Identifier: Apache-2.0
// `segfleet doctor`: what is installed, what is missing, the command that mends it.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "base/byte_size.h"
#include "cli/command.h"
#include "cli/standard_output.h"
#include "engine/python_engines.h"
#include "engine/registry.h"
#include "fleet/device/cpu_bf16.h"
#include "fleet/device/device.h"
#include "fleet/device/device_files.h"
#include "fleet/exit_status.h"
#include "fleet/loop/worker_plan.h"
#include "fleet/monitor/nvml.h"
#include "fleet/process/ask_engine.h"
#include "imaging/nvjpeg/nvjpeg.h"
#include "report/text.h"

namespace segfleet {
namespace {

// Prints the findings and remembers whether something is missing.
class Findings {
 public:
  static void good(std::string_view what, const std::string& detail) { print("ok", what, detail); }
  static void hint(std::string_view what, const std::string& detail) { print("--", what, detail); }
  void missing(std::string_view what, const std::string& detail, const std::string& mend) {
    print("MISSING", what, detail);
    segfleet::print("{:<9}{:<16} mend: {}\n", "", "", mend);
    complete_ = false;
  }
  bool complete() const { return complete_; }

 private:
  static void print(std::string_view mark, std::string_view what, const std::string& detail) {
    segfleet::print("{:<9}{:<16} {}\n", mark, what, detail);
  }
  bool complete_ = true;
};

void look_at_engines(Findings& findings, const WorkerCommand& worker) {
  const auto engines = installed_engines();
  if (engines.empty())
    findings.missing("engines", "no libsegfleet_engine_*.so beside the program", "./dev build");
  for (const std::string& engine : engines) {
    const auto description = ask_engine(worker, engine);
    if (!description.ok()) {
      findings.missing("engine " + engine, description.error().message, "./dev setup && ./dev build");
      continue;
    }
    Findings::good("engine " + engine, description->version);
    for (const EngineDevice& device : description->devices)
      Findings::good("device", fmt::format("{} {}", device.name, device.description));
  }
}

void look_at_accelerators(Findings& findings, bool cards_driven) {
  const DeviceFiles files = find_device_files();
  for (const auto& node : files.render_nodes) {
    if (::access(node.c_str(), R_OK | W_OK) == 0)
      Findings::good("accelerator", node.string());
    else
      findings.missing("accelerator", node.string() + " may not be opened by this user",
                       "sudo usermod -aG render $USER, then log in again");
  }
  if (files.nvidia && !cards_driven)
    Findings::hint("accelerator",
                   "an NVIDIA card, but no installed engine drives it: pip install "
                   "\"onnxruntime-gpu[cuda,cudnn]\", or the paddlepaddle-gpu that fits the driver");
  if (files.npu) Findings::good("accelerator", "/dev/accel");
  if (!files.any()) Findings::hint("accelerator", "none; the CPU is used");
}

// Runs do without it: cards compute unwatched.
void look_at_monitor() {
  Result<Nvml> nvml = Nvml::open();
  if (!nvml.ok()) {
    Findings::hint("monitor", nvml.error().message + ": NVIDIA cards are not watched");
    return;
  }
  Findings::good("monitor", fmt::format("NVIDIA driver {}, {} cards", nvml->driver_version(), nvml->count()));
  for (std::size_t card = 0; card < nvml->count(); ++card) {
    const Result<CardReading> reading = nvml->read(card);
    if (!reading.ok())
      Findings::hint("monitor", reading.error().message);
    else
      Findings::good("monitor",
                     fmt::format("card {} {}{}", card, nvml->name(card), sample_text(reading->sample)));
  }
}

// Only the loader is asked: a worker also looks beside its Python's packages.
void look_at_nvjpeg() {
  const Result<std::string> found = find_nvjpeg(nvjpeg_libraries({}));
  if (found.ok())
    Findings::good("nvjpeg", *found + ": for --decode nvjpeg");
  else
    Findings::hint(
        "nvjpeg",
        "the loader finds none, for --decode nvjpeg: workers look beside Python's packages as well");
}

void look_at_processor() {
  const auto cores = allowed_cores();
  Findings::good("cores", fmt::format("{} may be used", cores.size()));
  if (has_bf16())
    Findings::good("bf16", "in hardware: --precision bf16 is faster and changes some labels");
  else
    Findings::hint("bf16", "not in this processor's hardware");
}

void look_at_cache(Findings& findings) {
  const auto cache = cache_folder_of({});
  std::error_code error;
  if (cache.empty()) {
    findings.missing("cache", "no folder for compiled models: neither XDG_CACHE_HOME nor HOME is set",
                     "export XDG_CACHE_HOME=FOLDER, or --cache FOLDER");
    return;
  }
  std::filesystem::create_directories(cache, error);
  if (::access(cache.c_str(), W_OK) == 0)
    Findings::good("cache", cache.string());
  else
    findings.missing("cache", cache.string() + " cannot be written: each run compiles the model anew",
                     "make it writable, or --cache FOLDER");
}

void look_at_limits(Findings& findings) {
  constexpr rlim_t kFilesWanted = 256;  // a socket and a pidfd a worker, a few files each
  struct rlimit files {};
  ::getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur >= kFilesWanted)
    Findings::good("open files", fmt::format("{} allowed", files.rlim_cur));
  else
    findings.missing("open files", fmt::format("only {} allowed", files.rlim_cur), "ulimit -n 1024");
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  Findings::good("memory", bytes_text(pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))));
}

// Prints an installed engine's devices. Whether it drives a card.
bool look_at_devices_of(const std::string& engine, const WorkerCommand& worker) {
  const auto description = ask_engine(worker, engine);
  if (!description.ok()) {
    Findings::hint("engine " + engine, description.error().message);
    return false;
  }
  bool drives_card = false;
  for (const EngineDevice& device : description->devices) {
    Findings::good("device", fmt::format("{} {} ({})", device.name, device.description, engine));
    drives_card = drives_card || device.name.starts_with("gpu:");
  }
  return drives_card;
}

// Engines that are Python classes come with the package of their library: missing ones are no fault. They are
// imported, which takes seconds, only where there may be a card. Whether one drives it.
bool look_at_python_engines() {
  const std::vector<std::string> engines(python_engines().begin(), python_engines().end());
  const auto worker = find_worker_command(engines.front(), {});  // of each
  const Result<std::vector<Status>> checked =
      worker.ok() ? check_python_engines(*worker, engines) : worker.error();
  if (!checked.ok()) {
    Findings::hint("Python", checked.error().message);
    return false;
  }
  const bool ask = find_device_files().any();
  bool cards_driven = false;
  for (std::size_t i = 0; i < engines.size(); ++i) {
    if (!(*checked)[i].ok()) {
      Findings::hint("engine " + engines[i], (*checked)[i].error().message);
      continue;
    }
    Findings::good("engine " + engines[i], "hosted by " + worker->program.string());
    if (ask && look_at_devices_of(engines[i], *worker)) cards_driven = true;
  }
  return cards_driven;
}

bool examine() {
  Findings findings;
  Findings::good("segfleet", SEGFLEET_VERSION);
  if (const auto worker = find_worker_command("openvino", {}); worker.ok()) {
    Findings::good("worker", worker->program.string());
    look_at_engines(findings, *worker);
  } else {
    findings.missing("worker", worker.error().message, "./dev build");
  }
  const bool cards_driven = look_at_python_engines();
  look_at_processor();
  look_at_accelerators(findings, cards_driven);
  look_at_monitor();
  look_at_nvjpeg();
  look_at_cache(findings);
  look_at_limits(findings);
  return findings.complete();
}

}  // namespace

void add_doctor_command(CLI::App& app, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("doctor", "Say what is installed, what is missing, and what mends it");
  command->callback([&exit_status] { exit_status = examine() ? kExitAllDone : kExitRunFailed; });
}

}  // namespace segfleet
