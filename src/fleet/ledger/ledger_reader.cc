// SPDX-License-Identifier: Apache-2.0
#include "fleet/ledger/ledger_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "fleet/ledger/ledger_schema.h"

namespace segfleet {
namespace {

constexpr const char* kAction = "read the ledger";

// Where the ledger is older than items' moments, an item's end is known to the millisecond of the wall clock.
constexpr std::string_view kItemEnd =
    "coalesce(i.end_us, CAST((julianday(i.finished_at) - julianday(r.started_at)) * 86400e6 AS INTEGER), 0)";
constexpr std::string_view kItems =
    "SELECT i.input, i.stem, i.state = 'done', i.code, i.stage, i.message, i.attempts, i.device, i.worker, "
    "i.width, i.height, i.mask_bytes, i.read_us, i.decode_us, i.transform_us, i.queue_us, i.infer_us, "
    "i.restore_us, i.encode_us, i.write_us, i.begin_us, i.infer_begin_us, i.infer_end_us, "
    "i.finish_begin_us, i.write_begin_us, i.end_us, "
    "{}, i.path FROM items i JOIN main.runs r ON r.id = i.run WHERE i.run = ? AND i.state <> 'pending' {}";
constexpr std::string_view kComputing =
    "i.read_us + i.decode_us + i.transform_us + i.infer_us + i.restore_us + i.encode_us + i.write_us";
constexpr std::string_view kMomentColumns[kMomentCount] = {
    "begin_us", "infer_begin_us", "infer_end_us", "finish_begin_us", "write_begin_us", "end_us"};

ItemRecord item_of(const Statement& row) {
  ItemRecord item;
  item.input = row.text(0);
  item.stem = row.text(1);
  item.done = row.integer(2) != 0;
  item.code = row.text(3);
  item.stage = row.text(4);
  item.message = row.text(5);
  item.attempts = row.integer(6);
  item.device = row.text(7);
  item.worker = row.integer(8);
  item.picture = {static_cast<int>(row.integer(9)), static_cast<int>(row.integer(10))};
  item.mask_bytes = row.integer(11);
  for (std::size_t i = 0; i < kStageCount; ++i) item.stage_us[i] = row.integer(12 + static_cast<int>(i));
  constexpr int kFirstMoment = 12 + static_cast<int>(kStageCount);
  for (std::size_t i = 0; i < kMomentCount; ++i)
    item.moments_us[i] = row.integer(kFirstMoment + static_cast<int>(i));
  item.ended_us = std::max<std::int64_t>(0, row.integer(kFirstMoment + static_cast<int>(kMomentCount)));
  item.path = row.text(kFirstMoment + static_cast<int>(kMomentCount) + 1);
  return item;
}

template <typename T>
std::optional<T> value_of(const Statement& row, int column) {
  if (row.is_null(column)) return {};
  if constexpr (std::is_same_v<T, double>)
    return row.real(column);
  else
    return static_cast<T>(row.integer(column));
}

WorkerRecord worker_of(const Statement& row) {
  WorkerRecord worker;
  worker.number = row.integer(0);
  worker.device = row.text(1);
  worker.slot = static_cast<std::uint32_t>(row.integer(2));
  worker.pid = static_cast<int>(row.integer(3));
  worker.helper_threads = static_cast<int>(row.integer(4));
  worker.started_us = row.integer(5);
  worker.ready_us = value_of<std::int64_t>(row, 6);
  worker.device_name = row.text(7);
  worker.engine_version = row.text(8);
  worker.batch = static_cast<int>(row.integer(9));
  worker.lanes = static_cast<int>(row.integer(10));
  worker.load_us = row.integer(11);
  worker.loaded_from_cache = row.integer(12) != 0;
  worker.ended_us = value_of<std::int64_t>(row, 13);
  worker.end = row.text(14);
  worker.how = row.text(15);
  return worker;
}

RunSample sample_of(const Statement& row) {
  RunSample sample;
  sample.at_us = row.integer(0);
  sample.span_us = row.integer(1);
  sample.device = row.text(2);
  int column = 3;
  for (auto* value :
       {&sample.worker, &sample.busy_us, &sample.idle_us, &sample.queued_prepare, &sample.queued_infer,
        &sample.queued_finish, &sample.prepare_threads, &sample.finish_threads, &sample.batch,
        &sample.peak_rss_bytes, &sample.memory_used_bytes, &sample.memory_total_bytes})
    *value = value_of<std::int64_t>(row, column++);
  for (auto* value : {&sample.device_util, &sample.temperature_c, &sample.power_w, &sample.psi})
    *value = value_of<double>(row, column++);
  sample.throttled = value_of<bool>(row, column);
  return sample;
}

}  // namespace

Result<LedgerReader> LedgerReader::open(const std::filesystem::path& path) {
  Result<Database> database = open_ledger_to_read(path);
  SEGFLEET_RETURN_IF_ERROR(database);
  return LedgerReader(std::move(database).value());
}

Status LedgerReader::query(std::string_view sql, const std::vector<std::int64_t>& values,
                           const std::function<void(const Statement&)>& visit) const {
  Result<Statement> rows = database_.prepare(sql);
  SEGFLEET_RETURN_IF_ERROR(rows);
  for (std::size_t i = 0; i < values.size(); ++i) rows->bind(static_cast<int>(i), values[i]);
  for (;;) {
    const Result<bool> row = rows->step(kAction);
    SEGFLEET_RETURN_IF_ERROR(row);
    if (!row.value()) return {};
    visit(*rows);
  }
}

Result<std::int64_t> LedgerReader::number(std::string_view sql,
                                          const std::vector<std::int64_t>& values) const {
  std::int64_t found = 0;
  SEGFLEET_RETURN_IF_ERROR(query(sql, values, [&](const Statement& row) { found = row.integer(0); }));
  return found;
}

Result<JobIdentity> LedgerReader::identity() const {
  JobIdentity identity;
  SEGFLEET_RETURN_IF_ERROR(query("SELECT substr(key, 10), value FROM meta WHERE key LIKE 'identity.%'", {},
                                 [&](const Statement& row) { identity[row.text(0)] = row.text(1); }));
  return identity;
}

Result<std::vector<RunRecord>> LedgerReader::runs() const {
  std::vector<RunRecord> runs;
  SEGFLEET_RETURN_IF_ERROR(query(
      "SELECT id, started_at, ended_at, status, options, version, total, skipped, done, failed FROM runs "
      "ORDER BY id",
      {}, [&](const Statement& row) {
        runs.push_back({row.integer(0), row.text(1), row.text(2), row.text(3), row.text(4), row.text(5),
                        row.integer(6), row.integer(7), row.integer(8), row.integer(9)});
      }));
  return runs;
}

Result<std::string> LedgerReader::run_fact(std::int64_t run, std::string_view name) const {
  std::string value;
  SEGFLEET_RETURN_IF_ERROR(query(fmt::format("SELECT value FROM meta WHERE key = '{}.{}'", name, run), {},
                                 [&](const Statement& row) { value = row.text(0); }));
  return value;
}

Result<std::vector<WorkerRecord>> LedgerReader::workers(std::int64_t run) const {
  std::vector<WorkerRecord> workers;
  SEGFLEET_RETURN_IF_ERROR(
      query("SELECT number, device, slot, pid, helper_threads, started_us, ready_us, device_name, "
            "engine_version, batch, lanes, load_us, loaded_from_cache, ended_us, end_reason, how "
            "FROM workers WHERE run = ? ORDER BY number",
            {run}, [&](const Statement& row) { workers.push_back(worker_of(row)); }));
  return workers;
}

Result<std::vector<RunChange>> LedgerReader::changes(std::int64_t run) const {
  std::vector<RunChange> changes;
  SEGFLEET_RETURN_IF_ERROR(
      query("SELECT at_us, device, what FROM changes WHERE run = ? ORDER BY at_us, rowid", {run},
            [&](const Statement& row) { changes.push_back({row.integer(0), row.text(1), row.text(2)}); }));
  return changes;
}

Status LedgerReader::each_sample(std::int64_t run, const std::function<void(const RunSample&)>& visit) const {
  return query(
      "SELECT at_us, span_us, device, worker, busy_us, idle_us, queued_prepare, queued_infer, queued_finish, "
      "prepare_threads, finish_threads, batch, peak_rss_bytes, memory_used_bytes, memory_total_bytes, "
      "device_util, temperature_c, power_w, psi, "
      "throttled FROM samples WHERE run = ? ORDER BY at_us",
      {run}, [&](const Statement& row) { visit(sample_of(row)); });
}

Status LedgerReader::items(std::string_view rest, const std::vector<std::int64_t>& values,
                           const VisitItem& visit) const {
  return query(fmt::format(kItems, kItemEnd, rest), values,
               [&](const Statement& row) { visit(item_of(row)); });
}

Result<std::vector<ItemRecord>> LedgerReader::item_list(std::string_view rest,
                                                        const std::vector<std::int64_t>& values) const {
  std::vector<ItemRecord> list;
  SEGFLEET_RETURN_IF_ERROR(items(rest, values, [&](const ItemRecord& item) { list.push_back(item); }));
  return list;
}

Status LedgerReader::each_item(std::int64_t run, const VisitItem& visit) const {
  return items("", {run}, visit);
}

Status LedgerReader::each_item_by(Moment moment, std::int64_t run, const VisitItem& visit) const {
  const std::string_view column = kMomentColumns[static_cast<std::size_t>(moment)];
  return items(fmt::format("AND i.worker > 0 AND i.{} > 0 ORDER BY i.worker, i.{}, i.id", column, column),
               {run}, visit);
}

Result<std::vector<ItemRecord>> LedgerReader::slowest(std::int64_t run, int count) const {
  return item_list(
      fmt::format("AND i.state = 'done' ORDER BY {} DESC, i.infer_us DESC, i.id LIMIT ?", kComputing),
      {run, count});
}

Result<std::vector<ItemRecord>> LedgerReader::failed(std::int64_t run, int count) const {
  return item_list("AND i.state = 'failed' ORDER BY i.input LIMIT ?", {run, count});
}

Result<std::vector<ItemRecord>> LedgerReader::spread(std::int64_t run, int count) const {
  const Result<std::int64_t> all =
      number("SELECT count(*) FROM items WHERE run = ? AND state = 'done' AND mask_bytes > 0", {run});
  SEGFLEET_RETURN_IF_ERROR(all);
  return item_list(
      "AND i.id IN (SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM items "
      "WHERE run = ? AND state = 'done' AND mask_bytes > 0) WHERE place * ? / ? <> (place - 1) * ? / ? OR "
      "place = 0) ORDER BY i.id LIMIT ?",
      {run, run, count, std::max<std::int64_t>(*all, count), count, std::max<std::int64_t>(*all, count),
       count});
}

Result<std::vector<std::int64_t>> LedgerReader::quantiles(std::int64_t run, Stage stage,
                                                          const std::vector<double>& shares) const {
  const Result<std::int64_t> all = done(run);
  SEGFLEET_RETURN_IF_ERROR(all);
  std::vector<std::int64_t> found;
  std::int64_t place = 0;
  SEGFLEET_RETURN_IF_ERROR(
      query(fmt::format("SELECT {0}_us FROM items WHERE run = ? AND state = 'done' ORDER BY {0}_us",
                        name_of(stage)),
            {run}, [&](const Statement& row) {
              while (found.size() < shares.size() &&
                     place >= static_cast<std::int64_t>(shares[found.size()] * static_cast<double>(*all - 1)))
                found.push_back(row.integer(0));
              ++place;
            }));
  return found;
}

Result<std::vector<FailureCount>> LedgerReader::failures(std::int64_t run) const {
  std::vector<FailureCount> failures;
  SEGFLEET_RETURN_IF_ERROR(
      query("SELECT code, count(*) AS n FROM items WHERE run = ? AND state = 'failed' GROUP BY code "
            "ORDER BY n DESC, code",
            {run}, [&](const Statement& row) { failures.push_back({row.text(0), row.integer(1)}); }));
  return failures;
}

Result<std::vector<ClassCount>> LedgerReader::classes(std::int64_t run) const {
  std::vector<ClassCount> classes;
  SEGFLEET_RETURN_IF_ERROR(
      query("SELECT c.class, sum(c.pixels) AS n, count(*) FROM class_pixels c JOIN items i ON i.id = c.item "
            "WHERE i.run = ? AND i.state = 'done' GROUP BY c.class ORDER BY n DESC, c.class",
            {run}, [&](const Statement& row) {
              classes.push_back({static_cast<int>(row.integer(0)), row.integer(1), row.integer(2)});
            }));
  return classes;
}

Result<std::int64_t> LedgerReader::done(std::int64_t run) const {
  return number("SELECT count(*) FROM items WHERE run = ? AND state = 'done'", {run});
}

Result<std::int64_t> LedgerReader::end_us(std::int64_t run) const {
  return number(
      fmt::format("SELECT max(coalesce((SELECT max({}) FROM items i JOIN main.runs r ON r.id = i.run "
                  "WHERE i.run = ?), 0), coalesce((SELECT max(at_us) FROM samples WHERE run = ?), 0))",
                  kItemEnd),
      {run, run});
}

Result<std::int64_t> LedgerReader::last_begin_us(std::int64_t run) const {
  return number("SELECT coalesce(max(begin_us), 0) FROM items WHERE run = ?", {run});
}

Result<std::int64_t> LedgerReader::pending() const {
  return number("SELECT count(*) FROM items WHERE state = 'pending'", {});
}

}  // namespace segfleet
