// SPDX-License-Identifier: Apache-2.0
#include "fleet/run_control.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "base/clock.h"
#include "fleet/control/progress_json.h"

namespace segfleet {
namespace {

ControlAnswer said(std::string text) {
  return {{"said", std::move(text)}};
}

template <typename Devices>
std::string names_of(const Devices& devices) {
  std::string names;
  for (const auto& device : devices) names += (names.empty() ? "" : ", ") + device.name;
  return names;
}

}  // namespace

RunControl::RunControl(EventLoop& loop, const WorkerPlan& plan, const Dispatcher& dispatcher,
                       ProgressMeter& meter, PlanDevice plan_device, FindAccelerators find_accelerators)
    : loop_(loop),
      plan_(plan),
      dispatcher_(dispatcher),
      meter_(meter),
      plan_device_(std::move(plan_device)),
      find_accelerators_(std::move(find_accelerators)) {}

Result<ControlAnswer> RunControl::answer(const ControlRequest& request) {
  switch (request.command) {
    case ControlCommand::status:
      return status();
    case ControlCommand::pause:
      return pause(true);
    case ControlCommand::resume:
      return pause(false);
    case ControlCommand::add:
      return add(request.devices);
    case ControlCommand::remove:
      return remove(request.devices);
  }
  return Error{ErrorCode::internal, "a command without an answer"};
}

Status RunControl::on_loop(const std::function<Status()>& call) {
  Status status;
  if (loop_.calls().run([&] { status = call(); })) return status;
  return Error{ErrorCode::invalid_argument, "the run is ending"};
}

Result<std::vector<RunDevice>> RunControl::present_devices() {
  std::vector<RunDevice> devices;
  const Status listed = on_loop([&]() -> Status {
    for (std::uint32_t index = 0; index < plan_.devices.size(); ++index) {
      const bool leaving = !dispatcher_.takes_part(index);
      if (!leaving || loop_.has_worker_on(index))
        devices.push_back({index, plan_.devices[index].name, leaving});
    }
    return {};
  });
  SEGFLEET_RETURN_IF_ERROR(listed);
  return devices;
}

Result<ControlAnswer> RunControl::status() {
  ControlAnswer run = {{"pid", ::getpid()}};
  Progress progress;
  const Status asked = on_loop([&]() -> Status {
    const std::uint64_t leased = dispatcher_.leased_items();
    run["waiting"] = dispatcher_.open_items() - leased;
    run["leased"] = leased;
    progress = meter_.look(steady_now_ns());
    return {};
  });
  SEGFLEET_RETURN_IF_ERROR(asked);
  run.update(progress_as_json(progress));
  return ControlAnswer{{"run", std::move(run)}};
}

Result<ControlAnswer> RunControl::pause(bool paused) {
  bool was_paused = false;
  std::uint64_t leased = 0;
  const Status asked = on_loop([&]() -> Status {
    was_paused = dispatcher_.is_paused();
    leased = dispatcher_.leased_items();
    if (paused && !was_paused) loop_.pause();
    if (!paused && was_paused) loop_.resume();
    return {};
  });
  SEGFLEET_RETURN_IF_ERROR(asked);
  if (paused == was_paused) return said(paused ? "paused already" : "not paused");
  if (!paused) return said("resumed");
  return said(fmt::format("paused: {} that workers hold are finished, nothing more is handed out",
                          leased == 1 ? "1 item" : fmt::format("{} items", leased)));
}

Result<ControlAnswer> RunControl::add(const std::string& spec) {
  const Result<std::vector<EngineDevice>> found = find_accelerators_(spec);
  SEGFLEET_RETURN_IF_ERROR(found);
  const Result<std::vector<RunDevice>> present = present_devices();
  SEGFLEET_RETURN_IF_ERROR(present);
  const Result<std::vector<Device>> devices = devices_to_add(spec, *present, allowed_cores(), *found);
  SEGFLEET_RETURN_IF_ERROR(devices);
  std::vector<std::vector<WorkerSlot>> slots;
  for (const Device& device : *devices) {
    Result<std::vector<WorkerSlot>> planned = plan_device_(device);
    SEGFLEET_RETURN_IF_ERROR(planned);
    slots.push_back(std::move(planned).value());
  }
  const Status added = on_loop([&]() -> Status {
    for (const Device& device : *devices)
      SEGFLEET_RETURN_IF_ERROR(loop_.may_add(device));  // all of them or none
    for (std::size_t i = 0; i < devices->size(); ++i)
      SEGFLEET_RETURN_IF_ERROR(loop_.add_device((*devices)[i], std::move(slots[i])));
    return {};
  });
  SEGFLEET_RETURN_IF_ERROR(added);
  return said("added " + names_of(*devices));
}

Result<ControlAnswer> RunControl::remove(const std::string& spec) {
  const Result<std::vector<RunDevice>> present = present_devices();
  SEGFLEET_RETURN_IF_ERROR(present);
  const Result<std::vector<RunDevice>> devices = devices_to_remove(spec, *present);
  SEGFLEET_RETURN_IF_ERROR(devices);
  bool any_left = false;
  const Status removed = on_loop([&]() -> Status {
    for (const RunDevice& device : *devices) SEGFLEET_RETURN_IF_ERROR(loop_.remove_device(device.index));
    for (std::uint32_t index = 0; index < plan_.devices.size(); ++index)
      any_left = any_left || dispatcher_.takes_part(index);
    return {};
  });
  SEGFLEET_RETURN_IF_ERROR(removed);
  std::string text = "removed " + names_of(*devices) + ", which will finish what it holds";
  if (!any_left) text += "; no device is left: the run waits until one is added, or it is stopped";
  return said(std::move(text));
}

}  // namespace segfleet
