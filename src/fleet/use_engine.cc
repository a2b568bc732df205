// SPDX-License-Identifier: Apache-2.0
#include "fleet/use_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "engine/choose.h"
#include "engine/python_engines.h"
#include "engine/registry.h"
#include "fleet/device/device_files.h"
#include "fleet/device/device_spec.h"
#include "fleet/process/ask_engine.h"
#include "fleet/process/convert_model.h"

namespace segfleet {
namespace {

constexpr const char* kNative = "openvino";

bool interrupted(const Error& error) {
  return error.code == ErrorCode::interrupted;
}

// The graph's fault, or the converter's.
bool may_suit_paddle(ErrorCode code) {
  return code == ErrorCode::model_unsupported || code == ErrorCode::engine_error;
}

void tell_choice(const EngineUse& use, const TellNote& tell) {
  if (!use.reason.empty()) tell(fmt::format("engine {}: {}", use.engine, use.reason));
}

// What is installed here, as far as this question needs to know.
class Survey {
 public:
  Survey(const ComputeOptions& options, const ModelPackage& model, int stop_fd,
         const std::filesystem::path& root)
      : options_(options),
        model_(model),
        stop_fd_(stop_fd),
        accelerators_(accelerators_wanted(options.devices, root)) {
    question_.format = model.format;
    question_.pir = model.pir;
  }

  Result<EngineUse> choose() {
    SEGFLEET_RETURN_IF_ERROR(take_kinds());
    if (std::ranges::count(question_.kinds, "sim") > 0) return simulate();
    // Devices that no engine can have: the native one says which there are.
    if (!accelerators_ && accelerators_named()) return EngineUse{kNative, {}, {}, {}};
    SEGFLEET_RETURN_IF_ERROR(look_at_native());
    const bool native_is_best =
        question_.kinds == std::vector<std::string>{"cpu"} && !question_.offers.empty();
    if (native_is_best && !model_.pir) return answer();
    if (model_.format == GraphFormat::paddle) SEGFLEET_RETURN_IF_ERROR(look_for_converter());
    if (native_is_best && question_.no_converter.empty()) return answer();
    SEGFLEET_RETURN_IF_ERROR(look_at_python());
    return answer();
  }
  bool needs_conversion() const { return needs_conversion_; }  // after choose()

  // After a choice whose conversion failed: Paddle itself, where it can run the graph and give what is asked
  // for; else the conversion's error.
  Result<EngineUse> choose_without_conversion(const Error& failed) {
    const bool scores_wanted =
        options_.restore == RestoreFrom::logits && model_.output_op == OutputOp::argmax;
    if (!may_suit_paddle(failed.code) || scores_wanted) return failed;
    question_.no_converter = failed.message;
    if (!python_looked_at_) SEGFLEET_RETURN_IF_ERROR(look_at_python());
    Result<EngineUse> use = answer();
    if (!use.ok() || use->engine != "paddle") return failed;
    return use;
  }

 private:
  Status take_kinds() {
    const Result<std::vector<DeviceWord>> words = parse_device_spec(options_.devices);
    SEGFLEET_RETURN_IF_ERROR(words);
    for (const DeviceWord& word : *words) {
      if (word.kind == "auto") {
        if (!accelerators_) question_.kinds = {"cpu"};
        return {};
      }
      if (std::ranges::count(question_.kinds, word.kind) == 0) question_.kinds.push_back(word.kind);
    }
    return {};
  }

  bool accelerators_named() const {
    return std::ranges::any_of(question_.kinds, [](const std::string& kind) { return kind != "cpu"; });
  }

  // Never a real engine's stand-in: only where nothing but simulated devices is asked for.
  Result<EngineUse> simulate() const {
    if (question_.kinds.size() > 1)
      return Error{
          ErrorCode::invalid_argument,
          fmt::format("--devices {}: simulated devices compute no real masks and no engine drives them "
                      "beside others; leave the sim devices out, or all others",
                      options_.devices)};
    return EngineUse{"simulated",
                     "sim devices run no network: their labels are made up from the pixels' values",
                     {},
                     std::vector<EngineDevice>()};
  }

  Status look_at_native() {
    const Result<WorkerCommand> worker =
        find_worker_command(kNative, {options_.worker_program, options_.python});
    SEGFLEET_RETURN_IF_ERROR(worker);
    if (!find_engine(kNative, worker->program).ok()) return {};
    return offer(kNative, *worker);
  }

  Status look_at_python() {
    python_looked_at_ = true;
    if (model_.format == GraphFormat::openvino) return {};
    std::vector<std::string> engines;
    for (const std::string_view name : python_engines())
      if (name != "paddle" || model_.format == GraphFormat::paddle) engines.emplace_back(name);
    const Result<WorkerCommand> worker =
        find_worker_command(engines.front(), {options_.worker_program, options_.python});
    const Result<std::vector<Status>> checked =
        worker.ok() ? check_python_engines(*worker, engines, stop_fd_) : worker.error();
    if (!checked.ok()) {
      question_.no_python = checked.error().message;  // none of them
      return interrupted(checked.error()) ? Status(checked.error()) : Status();
    }
    for (std::size_t i = 0; i < engines.size(); ++i)
      if ((*checked)[i].ok()) SEGFLEET_RETURN_IF_ERROR(offer(engines[i], *worker));
    return {};
  }

  // Every engine drives the CPU. One that cannot tell of others has none.
  Status offer(const std::string& engine, const WorkerCommand& worker) {
    EngineOffer offer{engine, {"cpu"}};
    if (accelerators_) {
      Result<EngineDescription> described = ask_engine(worker, engine, stop_fd_);
      if (!described.ok() && interrupted(described.error())) return described.error();
      if (!described.ok()) {
        not_asked_ += fmt::format("; engine {} could not be asked for its devices and is passed over: {}",
                                  engine, described.error().message);
        return {};
      }
      for (const EngineDevice& device : described->devices)
        offer.kinds.push_back(device.name.substr(0, device.name.find(':')));
      devices_[engine] = std::move(described->devices);
    }
    question_.offers.push_back(std::move(offer));
    return {};
  }

  Status look_for_converter() {
    const Result<WorkerCommand> converter = find_python_module("segfleet.convert", options_.python);
    const Result<std::filesystem::path> found =
        converter.ok() ? find_converted(*converter, model_.config_path, stop_fd_) : converter.error();
    if (!found.ok()) {
      question_.no_converter = found.error().message;
      return interrupted(found.error()) ? Status(found.error()) : Status();
    }
    converted_ = *found;
    return {};
  }

  Result<EngineUse> answer() {
    Result<EngineChoice> choice = choose_engine(question_);
    if (!choice.ok()) return Error{choice.error().code, choice.error().message + not_asked_};
    EngineUse use{std::move(choice->engine), choice->reason + not_asked_, {}, {}};
    if (choice->convert) use.converted = converted_;
    needs_conversion_ = choice->convert && converted_.empty();
    if (const auto found = devices_.find(use.engine); found != devices_.end()) use.devices = found->second;
    return use;
  }

  const ComputeOptions& options_;
  const ModelPackage& model_;
  const int stop_fd_;
  const bool accelerators_;
  bool needs_conversion_ = false;
  bool python_looked_at_ = false;
  EngineQuestion question_;
  std::string not_asked_;            // of engines that are installed, as a sentence's end
  std::filesystem::path converted_;  // in the cache
  std::map<std::string, std::vector<EngineDevice>> devices_;
};

}  // namespace

Result<EngineUse> use_engine(const ComputeOptions& options, const ModelPackage& model, int stop_fd,
                             const TellNote& tell, const std::filesystem::path& root) {
  if (options.engine != "auto") return EngineUse{options.engine, {}, {}, {}};
  Survey survey(options, model, stop_fd, root);
  Result<EngineUse> use = survey.choose();
  SEGFLEET_RETURN_IF_ERROR(use);
  tell_choice(*use, tell);
  if (!survey.needs_conversion()) return use;
  const Result<WorkerCommand> converter = find_python_module("segfleet.convert", options.python);
  SEGFLEET_RETURN_IF_ERROR(converter);
  tell(
      fmt::format("converting {} to ONNX and checking it against Paddle: this takes from 10 seconds to some "
                  "minutes, once; the result stays in the cache",
                  model.graph_path.native()));
  Result<std::filesystem::path> converted = convert_model(*converter, model.config_path, stop_fd);
  if (!converted.ok()) {
    use = survey.choose_without_conversion(converted.error());
    if (use.ok()) tell_choice(*use, tell);
    return use;
  }
  use->converted = *std::move(converted);
  return use;
}

}  // namespace segfleet
