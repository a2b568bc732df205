// SPDX-License-Identifier: Apache-2.0
#include "worker/session.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <limits>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "imaging/nvjpeg/parity_gate.h"
#include "worker/finish.h"
#include "worker/guarded.h"
#include "worker/load_engine.h"
#include "worker/stats_sender.h"

namespace segfleet {
namespace {

constexpr std::int64_t kNsPerUs = 1000;

Error unexpected(std::string_view what) {
  return {ErrorCode::protocol_error, fmt::format("unexpected {}", what)};
}

Error no_scores(const std::string& engine) {
  return {ErrorCode::invalid_argument,
          fmt::format("--restore logits: engine {} gives labels, it cannot cut this graph before its ArgMax: "
                      "leave the option out, use another --engine, or export the model with --output_op none",
                      engine)};
}

Ready ready_message(const LoadedEngine& loaded, const ModelPackage& model, std::int64_t load_ns) {
  const EngineInfo& info = loaded.engine->info();
  Ready ready;
  ready.engine_version = info.version;
  ready.device_name = info.device_name;
  ready.batch = loaded.batch;
  ready.lanes = info.lanes;
  ready.class_count = info.class_count > 0 ? info.class_count : static_cast<int>(model.class_names.size());
  ready.load_us = load_ns / kNsPerUs;
  ready.loaded_from_cache = info.loaded_from_cache;
  return ready;
}

}  // namespace

Session::Session(UniqueFd socket, SessionHooks hooks)
    : hooks_(std::move(hooks)),
      channel_(std::move(socket)),
      reporter_(channel_, hooks_.leave),
      inbox_(std::numeric_limits<std::size_t>::max()) {}

int Session::run() {
  reporter_.send(Hello{kProtocolVersion, SEGFLEET_VERSION, static_cast<int>(::getpid())});
  const int status = listen();
  inbox_.close();
  if (job_.joinable()) job_.join();
  return status;
}

// Until the job ends, the peer goes away or says what it must not say.
int Session::listen() {
  Message message;  // kept from lease to lease, for its memory
  while (true) {
    const Result<bool> received = channel_.receive(message);
    if (job_ended_) return job_status_;
    if (!received.ok()) return lose(received.error());
    if (!*received) {
      hooks_.leave(0);
      return 0;
    }
    if (const Status status = handle(message); !status.ok()) return lose(status.error());
  }
}

int Session::lose(const Error& error) {
  reporter_.give_up(error);
  return 1;
}

Status Session::handle(const Message& message) {
  if (const auto* setup = std::get_if<Setup>(&message)) return handle_setup(*setup);
  if (const auto* lease = std::get_if<Lease>(&message)) return handle_lease(*lease);
  if (!std::holds_alternative<Drain>(message))
    return unexpected("message: a worker takes setup, lease and drain");
  if (!job_.joinable()) return unexpected("drain before setup");
  draining_ = true;
  inbox_.close();
  return {};
}

Status Session::handle_setup(const Setup& setup) {
  if (job_.joinable()) return unexpected("second setup");
  setup_ = setup;
  job_ = std::thread([this] { run_job(); });
  return {};
}

Status Session::handle_lease(const Lease& lease) {
  if (!ready_) return unexpected("lease before ready");
  if (draining_) return unexpected("lease after drain");
  for (const LeasedItem& item : lease.items) {
    if (item.compare) ++inbox_.comparisons_owed;
    inbox_.push_copy(item);
  }
  return {};
}

void Session::run_job() {
  const Status status = guarded("load the model", [this] { return load_and_serve(); });
  if (!status.ok()) reporter_.send(LoadFailed{status.error()});
  job_status_ = status.ok() ? 0 : 1;
  job_ended_ = true;
  ::shutdown(channel_.fd(), SHUT_RD);  // wakes the listener
}

Status Session::load_and_serve() {
  const Stopwatch watch;
  const Result<const EngineFactory*> factory = hooks_.open_engine(setup_.engine);
  SEGFLEET_RETURN_IF_ERROR(factory);
  const Result<ModelPackage> model = load_model_package(setup_.model);
  SEGFLEET_RETURN_IF_ERROR(model);
  std::vector<std::string> notes;
  std::unique_ptr<Nvjpeg> nvjpeg;  // before the engine: what it takes on the card is then known to that
  if (setup_.decode == Decoder::nvjpeg) {
    Result<std::unique_ptr<Nvjpeg>> opened = hooks_.open_nvjpeg();
    SEGFLEET_RETURN_IF_ERROR(opened);
    nvjpeg = std::move(opened).value();
    Result<std::string> passed = pass_parity_gate(*nvjpeg);
    SEGFLEET_RETURN_IF_ERROR(passed);
    notes.push_back(std::move(passed).value());
  }
  Result<LoadedEngine> loaded = load_engine(**factory, *model, setup_);
  SEGFLEET_RETURN_IF_ERROR(loaded);
  const EngineInfo& info = loaded->engine->info();
  const bool gives_scores = info.output.type == ElementType::f32;
  if (setup_.engine_options.scores && !gives_scores) return no_scores(setup_.engine);
  SEGFLEET_RETURN_IF_ERROR(
      check_restore(restore_options(setup_, model->output_op), gives_scores, info.class_count));

  SharedMemory arena;
  if (setup_.results_in_memory) {
    Result<SharedMemory> mapped = hooks_.map_arena();
    SEGFLEET_RETURN_IF_ERROR(mapped);
    arena = std::move(mapped).value();
  }
  const BatchBounds bounds{loaded->batch, setup_.memory.grow_batch, setup_.memory.first_batch};
  BatchControl batches(bounds, loaded->watch, setup_.engine_options.device,
                       [this](std::string text) { reporter_.send(Note{std::move(text)}); });
  Pipeline pipeline(setup_, *model, *loaded->engine, batches, arena.bytes(), nvjpeg.get(), inbox_, reporter_);
  ready_ = true;
  reporter_.send(ready_message(*loaded, *model, watch.elapsed_ns()));
  for (const std::vector<std::string>& all : {notes, info.notes, loaded->notes})
    for (const std::string& text : all) reporter_.send(Note{text});
  const StatsSender stats(pipeline, reporter_);
  pipeline.run();
  return {};
}

}  // namespace segfleet
