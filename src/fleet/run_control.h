// SPDX-License-Identifier: Apache-2.0
// Does to a live run what `segfleet ctl` asks. Thread-safety: answer() on one thread, other than the loop's.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "fleet/control/control_request.h"
#include "fleet/device_changes.h"
#include "fleet/loop/event_loop.h"
#include "fleet/progress_meter.h"

namespace segfleet {

class RunControl {
 public:
  // How the run plans a device's workers, and finds accelerators that `devices` may mean.
  using PlanDevice = std::function<Result<std::vector<WorkerSlot>>(const Device&)>;
  using FindAccelerators = std::function<Result<std::vector<EngineDevice>>(const std::string& devices)>;

  RunControl(EventLoop& loop, const WorkerPlan& plan, const Dispatcher& dispatcher, ProgressMeter& meter,
             PlanDevice plan_device, FindAccelerators find_accelerators);

  // Errors: invalid_argument, device_unknown; those of the two above.
  Result<ControlAnswer> answer(const ControlRequest& request);

 private:
  Status on_loop(const std::function<Status()>& call);
  Result<std::vector<RunDevice>> present_devices();
  Result<ControlAnswer> status();
  Result<ControlAnswer> pause(bool paused);
  Result<ControlAnswer> add(const std::string& spec);
  Result<ControlAnswer> remove(const std::string& spec);

  // The loop's; touched on its thread alone.
  EventLoop& loop_;
  const WorkerPlan& plan_;
  const Dispatcher& dispatcher_;
  ProgressMeter& meter_;

  PlanDevice plan_device_;
  FindAccelerators find_accelerators_;
};

}  // namespace segfleet
