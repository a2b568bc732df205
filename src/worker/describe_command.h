// SPDX-License-Identifier: Apache-2.0
// `segfleet-worker --describe-engine NAME` and `--describe-model DIR --engine NAME`: programs that must not
// open an engine themselves ask a worker process. Thread-safety: a free function.
#pragma once
#include <string>

#include "base/unique_fd.h"
#include "worker/worker_main.h"

namespace segfleet {

struct DescribeRequest {
  std::string engine = "openvino";
  std::string model;  // model package; empty: the engine alone
};

// Writes one line of JSON (src/engine/describe.h) to `output`. Returns the exit status: 0, or 1 where the
// line holds an error, which also goes to standard error.
int run_describe(const DescribeRequest& request, const OpenEngine& open_engine, const UniqueFd& output);

}  // namespace segfleet
