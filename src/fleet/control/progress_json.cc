// SPDX-License-Identifier: Apache-2.0
#include "fleet/control/progress_json.h"

#include <concepts>

namespace segfleet {
namespace {

using Json = nlohmann::ordered_json;

// Both directions of one field, so that they cannot differ.
class Writer {
 public:
  explicit Writer(Json& json) : json_(json) {}
  template <typename T>
  void operator()(const char* name, const T& value) {
    json_[name] = value;
  }
  template <typename T>
  void operator()(const char* name, const std::optional<T>& value) {
    json_[name] = value ? Json(*value) : Json(nullptr);
  }
  // 0: it is not.
  void measured(const char* name, std::uint64_t value) {
    json_[name] = value > 0 ? Json(value) : Json(nullptr);
  }

 private:
  Json& json_;
};

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}
  template <typename T>
  void operator()(const char* name, T& value) {
    const auto found = json_.find(name);
    if (found == json_.end()) return;
    if constexpr (std::same_as<T, bool>) {
      if (found->is_boolean()) value = found->template get<bool>();
    } else if constexpr (std::same_as<T, std::string>) {
      if (found->is_string()) value = found->template get<std::string>();
    } else if (found->is_number()) {
      value = found->template get<T>();
    }
  }
  template <typename T>
  void operator()(const char* name, std::optional<T>& value) {
    const auto found = json_.find(name);
    if (found == json_.end() || found->is_null()) return value.reset();
    (*this)(name, value.emplace());
  }
  void measured(const char* name, std::uint64_t& value) { (*this)(name, value); }

 private:
  const Json& json_;
};

template <typename Visit, typename Device>
void visit_device(Visit& visit, Device& device) {
  visit("device", device.device);
  visit("device_name", device.device_name);
  visit("state", device.state);
  visit("workers", device.workers);
  visit("done", device.done);
  visit("images_per_s", device.items_per_s);
  visit("busy_share", device.busy_share);
  visit("idle_share", device.idle_share);
  visit("peak_rss_bytes", device.peak_rss_bytes);
  visit("batch", device.batch);
  visit.measured("memory_used_bytes", device.memory_used_bytes);
  visit.measured("memory_total_bytes", device.memory_total_bytes);
  visit("queued_prepare", device.queued_prepare);
  visit("queued_infer", device.queued_infer);
  visit("queued_finish", device.queued_finish);
  visit("prepare_threads", device.prepare_threads);
  visit("finish_threads", device.finish_threads);
  visit("utilization", device.sample.utilization);
  visit("device_memory_used_bytes", device.sample.memory_used_bytes);
  visit("device_memory_total_bytes", device.sample.memory_total_bytes);
  visit("temperature_c", device.sample.temperature_c);
  visit("power_w", device.sample.power_w);
  visit("throttled", device.sample.throttled);
  visit("pressure", device.sample.pressure);
  visit("speed_share", device.sample.speed_share);
}

template <typename Visit, typename Counts>
void visit_counts(Visit& visit, Counts& progress) {
  visit("total", progress.total);
  visit("skipped", progress.skipped);
  visit("done", progress.done);
  visit("failed", progress.failed);
  visit("elapsed_s", progress.elapsed_s);
  visit("images_per_s", progress.items_per_s);
  visit("paused", progress.paused);
}

}  // namespace

Json progress_as_json(const Progress& progress) {
  Json json = Json::object();
  Writer write(json);
  visit_counts(write, progress);
  json["eta_s"] = progress.eta_s < 0 ? Json(nullptr) : Json(progress.eta_s);
  json["devices"] = Json::array();
  for (const DeviceProgress& device : progress.devices) {
    Writer write_device(json["devices"].emplace_back(Json::object()));
    visit_device(write_device, device);
  }
  return json;
}

Progress progress_from_json(const Json& json) {
  Progress progress;
  if (!json.is_object()) return progress;
  Reader read(json);
  visit_counts(read, progress);
  read("eta_s", progress.eta_s);
  const auto devices = json.find("devices");
  if (devices == json.end() || !devices->is_array()) return progress;
  for (const Json& entry : *devices) {
    if (!entry.is_object()) continue;
    Reader read_device(entry);
    visit_device(read_device, progress.devices.emplace_back());
  }
  return progress;
}

}  // namespace segfleet
