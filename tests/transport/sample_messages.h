// SPDX-License-Identifier: Apache-2.0
// One message of each type with every field set: the golden fixtures are their bytes, and golden_test.py
// spells the same values out in Python.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "transport/messages.h"

namespace segfleet {

inline Setup sample_setup() {
  Setup setup;
  setup.model = "/models/demo";
  setup.engine = "openvino";
  setup.engine_options.device = "cpu";
  setup.engine_options.threads = 2;
  setup.engine_options.lanes = 1;
  setup.engine_options.batch = 4;
  setup.engine_options.precision = Precision::bf16;
  setup.engine_options.cache_folder = "/cache";
  setup.engine_options.extra = {{"k", "v"}};
  setup.engine_options.scores = true;
  setup.engine_options.incarnation = 3;
  setup.output = "/out";
  setup.write_overlay = true;
  setup.output_size = OutputSize::network;
  setup.helper_threads = 3;
  setup.helper_threads_limit = 6;
  setup.write_confidence = true;
  setup.min_confidence = 0.4;
  setup.unknown_class = 254;
  setup.threshold = 0.7;
  setup.multi_label = true;
  setup.fast_decode = true;
  setup.decode = Decoder::nvjpeg;
  setup.memory = {4'000'000'000, 0.8, 268'435'456, 0.05, 2, 3, true, 4};
  return setup;
}

inline Outcome sample_outcome_done() {
  Outcome outcome;
  outcome.id = 7;
  outcome.done = true;
  outcome.picture = {2048, 1024};
  outcome.input_bytes = 300'000;
  outcome.mask_bytes = 12'345;
  outcome.mask_hash = "0123456789abcdef0123456789abcdef";
  outcome.overlay_bytes = 99;
  outcome.confidence_bytes = 77;
  outcome.stage_us = {1, 2, 3, 4, 5, 6, 7, 5'000'000'000};
  outcome.moments_us = {10, 20, 30, 40, 50, 5'000'000'060};
  outcome.class_pixels = {{0, 2'000'000}, {255, 97'152}};
  return outcome;
}

inline Outcome sample_outcome_failed() {
  Outcome outcome;
  outcome.id = 18'446'744'073'709'551'615u;
  outcome.attempt = 2;
  outcome.error = {ErrorCode::input_truncated, "/in/a.jpg ends early"};
  outcome.failed_stage = Stage::decode;
  return outcome;
}

inline Lease sample_lease() {
  // The name is not UTF-8: paths are bytes.
  Lease lease{{{1, 1, "/in/\xff\xfe.jpg", "\xff\xfe"}, {2, 3, "/in/b.png", "sub/b"}}};
  lease.items[1].compare = true;
  return lease;
}

inline Outcome sample_outcome_compared() {
  Outcome outcome;
  outcome.id = 8;
  outcome.done = true;
  outcome.picture = {640, 480};
  outcome.decoded_otherwise = DecodedOtherwise{307'200, 1'234};
  return outcome;
}

inline std::vector<std::pair<std::string, Message>> sample_messages() {
  return {
      {"hello", Hello{kProtocolVersion, "0.1.0", 4242}},
      {"setup", sample_setup()},
      {"ready", Ready{"2026.4.1", "AMD EPYC", 4, 2, 19, 123'456, true}},
      {"load_failed", LoadFailed{{ErrorCode::model_invalid, "/models/demo/deploy.yaml: no model"}}},
      {"lease", sample_lease()},
      {"outcome_done", sample_outcome_done()},
      {"outcome_compared", sample_outcome_compared()},
      {"outcome_failed", sample_outcome_failed()},
      {"outcomes", Outcomes{{sample_outcome_done(), sample_outcome_done()}}},
      {"stats", Stats{1'000'000,
                      900'000,
                      50'000,
                      1,
                      2,
                      3,
                      4,
                      5,
                      104'857'600,
                      {8, 3'000'000'000, 5'000'000'000, 8'000'000'000}}},
      {"note", Note{"cpu:0: batch 8 did not fit in memory, continuing with 4"}},
      {"drain", Drain{}},
  };
}

}  // namespace segfleet
