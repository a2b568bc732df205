// SPDX-License-Identifier: Apache-2.0
// Outcomes into the ledger: buffered, then many in one transaction.
#include "base/utc_time.h"
#include "fleet/ledger/ledger_state.h"

namespace segfleet {
namespace {

constexpr std::string_view kUpdate =
    "UPDATE items SET state = ?, code = ?, stage = ?, message = ?, attempts = ?, run = ?, worker_pid = ?, "
    "device = ?, width = ?, height = ?, input_bytes = ?, mask_bytes = ?, mask_hash = ?, overlay_bytes = ?, "
    "read_us = ?, decode_us = ?, transform_us = ?, queue_us = ?, infer_us = ?, restore_us = ?, encode_us = "
    "?, "
    "write_us = ?, finished_at = ?, confidence_bytes = ?, worker = ?, begin_us = ?, infer_begin_us = ?, "
    "infer_end_us = ?, finish_begin_us = ?, write_begin_us = ?, end_us = ? WHERE id = ?";
constexpr std::string_view kAction = "write the ledger";

// What came out of the file's bytes only where there was something.
void bind_or_null(Statement& statement, int index, std::uint64_t value) {
  value == 0 ? statement.bind_null(index) : statement.bind(index, static_cast<std::int64_t>(value));
}

void bind_failure(Statement& statement, const RecordedOutcome& recorded) {
  const Outcome& outcome = recorded.outcome;
  if (outcome.done) {
    for (int i = 1; i <= 3; ++i) statement.bind_null(i);
    return;
  }
  statement.bind(1, name_of(outcome.error.code));
  recorded.stage_known ? statement.bind(2, name_of(outcome.failed_stage)) : statement.bind_null(2);
  statement.bind_path(3, outcome.error.message);  // it may quote a name that is no UTF-8
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
  SEGFLEET_RETURN_IF_ERROR(compile(forget_pixels, "DELETE FROM class_pixels WHERE item = ?"));
  SEGFLEET_RETURN_IF_ERROR(compile(insert_pixels, "INSERT OR REPLACE INTO class_pixels VALUES(?, ?, ?)"));
  return prepare_history();
}

void Ledger::State::close_statements() {
  for (auto* statement :
       {&update_item, &forget_pixels, &insert_pixels, &insert_worker, &insert_sample, &insert_change})
    statement->reset();
}

Status Ledger::State::write(const Recorded& entry) {
  const Outcome& outcome = entry.recorded.outcome;
  const auto id = static_cast<std::int64_t>(outcome.id);
  Statement& update = *update_item;
  update.bind(0, std::string_view(outcome.done ? "done" : "failed"));
  bind_failure(update, entry.recorded);
  update.bind(4, entry.recorded.attempts);
  update.bind(5, run);
  bind_or_null(update, 6, static_cast<std::uint64_t>(entry.recorded.worker_pid));
  entry.recorded.device.empty() ? update.bind_null(7) : update.bind(7, entry.recorded.device);
  bind_or_null(update, 8, static_cast<std::uint64_t>(outcome.picture.width));
  bind_or_null(update, 9, static_cast<std::uint64_t>(outcome.picture.height));
  bind_or_null(update, 10, outcome.input_bytes);
  bind_or_null(update, 11, outcome.mask_bytes);
  outcome.mask_hash.empty() ? update.bind_null(12) : update.bind(12, outcome.mask_hash);
  bind_or_null(update, 13, outcome.overlay_bytes);
  for (std::size_t stage = 0; stage < kStageCount; ++stage)
    update.bind(14 + static_cast<int>(stage), outcome.stage_us[stage]);
  update.bind(14 + static_cast<int>(kStageCount), utc_text(entry.time));
  bind_or_null(update, 15 + static_cast<int>(kStageCount), outcome.confidence_bytes);
  bind_or_null(update, 16 + static_cast<int>(kStageCount), static_cast<std::uint64_t>(entry.recorded.worker));
  constexpr int kFirstMoment = 17 + static_cast<int>(kStageCount);
  for (std::size_t moment = 0; moment < kMomentCount; ++moment)
    bind_or_null(update, kFirstMoment + static_cast<int>(moment),
                 static_cast<std::uint64_t>(outcome.moments_us[moment]));
  update.bind(kFirstMoment + static_cast<int>(kMomentCount), id);
  SEGFLEET_RETURN_IF_ERROR(update.run(kAction));
  forget_pixels->bind(0, id);
  SEGFLEET_RETURN_IF_ERROR(forget_pixels->run(kAction));
  for (const ClassPixels& pixels : outcome.class_pixels) {
    insert_pixels->bind(0, id);
    insert_pixels->bind(1, pixels.class_index);
    insert_pixels->bind(2, static_cast<std::int64_t>(pixels.pixels));
    SEGFLEET_RETURN_IF_ERROR(insert_pixels->run(kAction));
  }
  return {};
}

Status Ledger::State::write(const DeviceProgress& device) const {
  Result<Statement> insert =
      database.prepare("INSERT OR REPLACE INTO run_devices VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
  SEGFLEET_RETURN_IF_ERROR(insert);
  insert->bind(0, run);
  insert->bind(1, device.device);
  insert->bind(2, device.device_name);
  insert->bind(3, device.state);
  insert->bind(4, static_cast<std::int64_t>(device.done));
  bind_or_null(*insert, 5, static_cast<std::uint64_t>(device.batch));
  bind_or_null(*insert, 6, device.memory_used_bytes);
  bind_or_null(*insert, 7, device.memory_total_bytes);
  bind_or_null(*insert, 8, device.peak_rss_bytes);
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
