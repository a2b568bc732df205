// SPDX-License-Identifier: Apache-2.0
// Workers, samples and changes into the ledger, in the transaction of the outcomes.
#include "fleet/ledger/binder.h"
#include "fleet/ledger/ledger_state.h"

namespace segfleet {
namespace {

constexpr std::string_view kInsertWorker =
    "INSERT OR REPLACE INTO workers(run, number, device, slot, pid, helper_threads, started_us, ready_us, "
    "device_name, engine_version, batch, lanes, load_us, loaded_from_cache, ended_us, end_reason, how) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr std::string_view kInsertSample =
    "INSERT INTO samples(run, at_us, span_us, device, worker, busy_us, idle_us, queued_prepare, "
    "queued_infer, queued_finish, prepare_threads, finish_threads, batch, peak_rss_bytes, device_util, "
    "memory_used_bytes, memory_total_bytes, "
    "temperature_c, power_w, throttled, psi) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
    "?, ?)";
constexpr std::string_view kInsertChange = "INSERT INTO changes(run, at_us, device, what) VALUES(?, ?, ?, ?)";
constexpr std::string_view kAction = "write the ledger";

}  // namespace

Status Ledger::State::prepare_history() {
  SEGFLEET_RETURN_IF_ERROR(compile(insert_worker, kInsertWorker));
  SEGFLEET_RETURN_IF_ERROR(compile(insert_sample, kInsertSample));
  return compile(insert_change, kInsertChange);
}

Status Ledger::State::write(const WorkerRecord& worker) {
  Binder bind(*insert_worker);
  bind << run << worker.number << std::string_view(worker.device) << std::int64_t{worker.slot}
       << std::int64_t{worker.pid} << std::int64_t{worker.helper_threads} << worker.started_us
       << worker.ready_us;
  if (worker.ready_us) {
    bind << std::string_view(worker.device_name) << std::string_view(worker.engine_version)
         << std::int64_t{worker.batch} << std::int64_t{worker.lanes} << worker.load_us
         << std::int64_t{worker.loaded_from_cache};
  } else {
    for (int i = 0; i < 6; ++i) bind << std::string_view();
  }
  bind << worker.ended_us << std::string_view(worker.end) << std::string_view(worker.how);
  return insert_worker->run(kAction);
}

Status Ledger::State::write(const RunSample& sample) {
  Binder(*insert_sample) << run << sample.at_us << sample.span_us << std::string_view(sample.device)
                         << sample.worker << sample.busy_us << sample.idle_us << sample.queued_prepare
                         << sample.queued_infer << sample.queued_finish << sample.prepare_threads
                         << sample.finish_threads << sample.batch << sample.peak_rss_bytes
                         << sample.device_util << sample.memory_used_bytes << sample.memory_total_bytes
                         << sample.temperature_c << sample.power_w << sample.throttled << sample.psi;
  return insert_sample->run(kAction);
}

Status Ledger::State::write(const RunChange& change) {
  Binder(*insert_change) << run << change.at_us << std::string_view(change.device)
                         << std::string_view(change.what);
  return insert_change->run(kAction);
}

void Ledger::record(WorkerRecord worker) {
  state_->workers.push_back(std::move(worker));
}

void Ledger::record(RunSample sample) {
  state_->samples.push_back(std::move(sample));
}

void Ledger::record(RunChange change) {
  state_->changes.push_back(std::move(change));
}

}  // namespace segfleet
