// SPDX-License-Identifier: Apache-2.0
// The main job: every input gets exactly one outcome. Thread-safety: plain data, but for what says otherwise.
// Units: s is seconds, bytes are bytes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/options.h"

namespace segfleet {

// What was measured of a device from outside, all its users together. Empty: nothing measures it there.
struct DeviceSample {
  std::optional<double> utilization;                // share of the time in which it computed, 0 to 1
  std::optional<std::uint64_t> memory_used_bytes;   // of a card
  std::optional<std::uint64_t> memory_total_bytes;  // of a card
  std::optional<double> temperature_c;              // degrees Celsius
  std::optional<double> power_w;                    // watts
  std::optional<bool> throttled;                    // slowed by heat or for lack of power
  std::optional<double> pressure;  // share of the time in which a task waited for a core, 0 to 1
  double speed_share = 1;          // of its full speed, what is this run's now, 0 to 1
};

struct DeviceProgress {
  std::string device;       // "cpu:0"
  std::string device_name;  // "AMD EPYC ..."
  std::string state;        // "starting", "loading", "running", "restarting", "lost", "removed", "stopped"
  int workers = 0;          // alive
  std::uint64_t done = 0;   // items by this device in this run
  double items_per_s = 0;   // over the last seconds
  double busy_share = 0;    // engine busy time / wall time over the last seconds, 0 to 1
  double idle_share = 0;    // likewise: without work at hand; the rest: its results found no room
  std::uint64_t peak_rss_bytes = 0;      // largest of its workers
  int batch = 0;                         // items per engine call at present; 0: not known yet
  std::uint64_t memory_used_bytes = 0;   // of the device, by all its workers, at most so far; 0: not measured
  std::uint64_t memory_total_bytes = 0;  // of the device; 0: it cannot be measured
  std::uint32_t queued_prepare = 0;      // items in its workers that wait to be read and decoded
  std::uint32_t queued_infer = 0;        // for the engine
  std::uint32_t queued_finish = 0;       // to be restored and written
  int prepare_threads = 0;               // at work on reading, decoding and transforming, in all its workers
  int finish_threads = 0;                // on restoring and encoding
  DeviceSample sample;                   // the last one
};

struct Progress {
  std::uint64_t total = 0;    // items of the job
  std::uint64_t skipped = 0;  // done by an earlier run
  std::uint64_t done = 0;     // in this run
  std::uint64_t failed = 0;
  double elapsed_s = 0;
  double items_per_s = 0;  // over the last seconds, all devices
  double eta_s = -1;       // -1: not known yet
  bool paused = false;     // by `segfleet ctl`: nothing is handed out
  std::vector<DeviceProgress> devices;
};

struct ItemEvent {
  std::string input;
  std::string stem;
  std::string device;
  bool done = false;
  Error error{ErrorCode::internal, ""};  // where !done
  std::string stage;                     // where !done
  std::uint32_t attempts = 1;
};

// What a way of decoding that is not PaddleSeg's did to the labels of a run.
struct DecodeEffect {
  std::uint64_t pictures = 0;  // done ones that were decoded so: smaller than they are, or by the card
  std::uint64_t compared = 0;  // of them, a sample: also computed from PaddleSeg's pixels, on the same device
  // Of the labels of those, the share that differs, 0 to 1: over all pixels, and in one picture at most.
  double differing_share = 0;
  double worst_share = 0;
  std::string worst_input;
};

struct RunSummary {
  Progress progress;  // at the end
  bool interrupted = false;
  double wall_s = 0;
  double first_mask_s = -1;  // from the start of run() to the first durable mask; -1: none
  double engine_load_s = 0;  // the longest load of a worker
  std::vector<std::pair<std::string, double>> stage_mean_ms;  // "read", "decode", ...: of a done item
  double coordinator_cpu_s = 0;  // user + system time of this process during the run
  std::uint64_t coordinator_peak_rss_bytes = 0;
  std::string model_fingerprint;
  // Where they were asked for and anything was left to do.
  std::optional<DecodeEffect> fast_decode;
  std::optional<DecodeEffect> nvjpeg;
};

// Calls come on run()'s own thread. Implementations must not throw.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void started(const Progress&) {}
  virtual void progress(const Progress&) {}  // about 5 times a second, and at the end
  virtual void item(const ItemEvent&) {}     // every outcome of this run
  virtual void note(const std::string&) {}   // what changes results or speed, said once
  virtual void worker_died(const std::string& /*device*/, const std::string& /*how*/) {}
};

// Asks a run to stop, from a signal handler or another thread. Async-signal-safe.
// First request(): hand out nothing more, finish what is leased. Second: kill the workers at once.
class StopRequest {
 public:
  StopRequest();  // throws std::system_error where no eventfd can be had
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;
  void request() noexcept;
  int fd() const { return fd_; }  // readable after a request; an eventfd that counts them

 private:
  int fd_ = -1;
};

// Runs the job to its end, blocking. Writes masks/, overlays/, ledger.sqlite and summary.json into
// options.output. Thread-safety: one run per output folder at a time (output_locked otherwise); a process may
// run several. Errors: the run itself failed. Items that failed are no error: see RunSummary.progress.failed.
// A stop is none either, once the inputs are listed: see RunSummary.interrupted. Before that it is the error
// interrupted, and nothing was touched.
Result<RunSummary> run(const RunOptions& options, RunObserver& observer, const StopRequest& stop);

}  // namespace segfleet
