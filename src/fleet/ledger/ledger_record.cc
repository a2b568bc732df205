// SPDX-License-Identifier: Apache-2.0
// Outcomes into the ledger: buffered, then many in one transaction.
#include <fmt/format.h>

#include "base/utc_time.h"
#include "fleet/ledger/binder.h"
#include "fleet/ledger/ledger_state.h"

namespace segfleet {
namespace {

constexpr std::string_view kUpdate =
    "UPDATE items SET state = ?, code = ?, stage = ?, message = ?, attempts = ?, run = ?, worker_pid = ?, "
    "device = ?, width = ?, height = ?, input_bytes = ?, mask_bytes = ?, mask_hash = ?, overlay_bytes = ?, "
    "read_us = ?, decode_us = ?, transform_us = ?, queue_us = ?, infer_us = ?, restore_us = ?, encode_us = "
    "?, "
    "write_us = ?, finished_at = ?, confidence_bytes = ?, worker = ?, begin_us = ?, infer_begin_us = ?, "
    "infer_end_us = ?, finish_begin_us = ?, write_begin_us = ?, end_us = ?, classes = ? WHERE id = ?";
constexpr std::string_view kAction = "write the ledger";

void bind_failure(Binder& bind, const RecordedOutcome& recorded) {
  const Outcome& outcome = recorded.outcome;
  if (outcome.done) {
    for (int i = 0; i < 3; ++i) bind << std::string_view();
    return;
  }
  bind << name_of(outcome.error.code);
  bind << (recorded.stage_known ? name_of(outcome.failed_stage) : std::string_view());
  bind.path(outcome.error.message);  // it may quote a name that is no UTF-8
}

void append(std::string& text, std::uint64_t number) {
  const fmt::format_int digits(number);
  text.append(digits.data(), digits.size());
}

// {"0":300000,"3":7200}; nothing where no class was counted.
void write_classes(const std::vector<ClassPixels>& classes, std::string& json) {
  json.clear();
  for (const ClassPixels& entry : classes) {
    json += json.empty() ? "{\"" : ",\"";
    append(json, static_cast<std::uint64_t>(entry.class_index));
    json += "\":";
    append(json, entry.pixels);
  }
  if (!json.empty()) json += '}';
}

}  // namespace

Status Ledger::State::compile(std::optional<Statement>& into, std::string_view sql) {
  Result<Statement> statement = database.prepare(sql);
  SEGFLEET_RETURN_IF_ERROR(statement);
  into.emplace(std::move(statement).value());
  return {};
}

Status Ledger::State::prepare() {
  SEGFLEET_RETURN_IF_ERROR(compile(update_item, kUpdate));
  return prepare_history();
}

void Ledger::State::close_statements() {
  for (auto* statement : {&update_item, &insert_worker, &insert_sample, &insert_change}) statement->reset();
}

Status Ledger::State::write(const Recorded& entry) {
  const RecordedOutcome& recorded = entry.recorded;
  const Outcome& outcome = recorded.outcome;
  const std::string finished_at = utc_text(entry.time);
  write_classes(outcome.class_pixels, classes);
  Binder bind(*update_item);
  bind << std::string_view(outcome.done ? "done" : "failed");
  bind_failure(bind, recorded);
  bind << std::int64_t{recorded.attempts} << run;
  bind.not_zero(recorded.worker_pid) << std::string_view(recorded.device);
  bind.not_zero(outcome.picture.width).not_zero(outcome.picture.height);
  bind.not_zero(outcome.input_bytes).not_zero(outcome.mask_bytes) << std::string_view(outcome.mask_hash);
  bind.not_zero(outcome.overlay_bytes);
  for (const std::int64_t time_us : outcome.stage_us) bind << time_us;
  bind << std::string_view(finished_at);
  bind.not_zero(outcome.confidence_bytes).not_zero(recorded.worker);
  for (const std::int64_t moment_us : outcome.moments_us) bind.not_zero(moment_us);
  bind << std::string_view(classes) << static_cast<std::int64_t>(outcome.id);
  return update_item->run(kAction);
}

Status Ledger::State::write(const DeviceProgress& device) const {
  Result<Statement> insert =
      database.prepare("INSERT OR REPLACE INTO run_devices VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
  SEGFLEET_RETURN_IF_ERROR(insert);
  insert->bind(0, run);
  insert->bind(1, device.device);
  insert->bind(2, device.device_name);  // "" where no worker was ready
  insert->bind(3, device.state);
  insert->bind(4, static_cast<std::int64_t>(device.done));
  Binder(*insert, 5)
      .not_zero(device.batch)
      .not_zero(device.memory_used_bytes)
      .not_zero(device.memory_total_bytes)
      .not_zero(device.peak_rss_bytes);
  return insert->run(kAction);
}

void Ledger::record(RecordedOutcome outcome) {
  state_->buffer.push_back({std::move(outcome), std::chrono::system_clock::now()});
}

std::size_t Ledger::unwritten() const {
  return state_->buffer.size();
}

Status Ledger::flush() {
  if (state_->buffer.empty() && state_->workers.empty() && state_->samples.empty() && state_->changes.empty())
    return {};
  Result<Transaction> transaction = Transaction::begin(state_->database);
  SEGFLEET_RETURN_IF_ERROR(transaction);
  for (const State::Recorded& entry : state_->buffer) SEGFLEET_RETURN_IF_ERROR(state_->write(entry));
  for (const WorkerRecord& worker : state_->workers) SEGFLEET_RETURN_IF_ERROR(state_->write(worker));
  for (const RunSample& sample : state_->samples) SEGFLEET_RETURN_IF_ERROR(state_->write(sample));
  for (const RunChange& change : state_->changes) SEGFLEET_RETURN_IF_ERROR(state_->write(change));
  SEGFLEET_RETURN_IF_ERROR(transaction->commit());
  state_->buffer.clear();
  state_->workers.clear();
  state_->samples.clear();
  state_->changes.clear();
  return {};
}

}  // namespace segfleet
