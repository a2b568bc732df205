// SPDX-License-Identifier: Apache-2.0
#include "segfleet/fleet.h"

#include "fleet/local_fleet.h"

namespace segfleet {
namespace {

// `submit` gets the Done that fulfils the future; where it refuses, its error is the result.
template <typename Submit>
std::future<Result<Segmentation>> with_future(const Submit& submit) {
  const auto promise = std::make_shared<std::promise<Result<Segmentation>>>();
  std::future<Result<Segmentation>> future = promise->get_future();
  const Status status =
      submit([promise](Result<Segmentation> result) { promise->set_value(std::move(result)); });
  if (!status.ok()) promise->set_value(status.error());
  return future;
}

}  // namespace

Result<std::unique_ptr<Fleet>> Fleet::open(FleetOptions options, std::shared_ptr<StopRequest> stop) {
  return LocalFleet::open(std::move(options), stop ? std::move(stop) : std::make_shared<StopRequest>());
}

std::future<Result<Segmentation>> Fleet::segment(const PictureArray& picture) {
  return with_future([&](Done done) { return submit(picture, std::move(done)); });
}

std::future<Result<Segmentation>> Fleet::segment_path(const std::filesystem::path& file) {
  return with_future([&](Done done) { return submit_path(file, std::move(done)); });
}

}  // namespace segfleet
