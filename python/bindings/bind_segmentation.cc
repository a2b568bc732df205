// SPDX-License-Identifier: Apache-2.0
#include <nanobind/ndarray.h>

#include "segmentation.h"
#include "text_caster.h"

namespace nb = nanobind;

namespace segfleet {
namespace {

std::size_t extent(int pixels) {
  return static_cast<std::size_t>(pixels);
}

nb::dict timings_of(const Segmentation& result) {
  nb::dict seconds;
  for (const auto& [stage, us] : result.times.stage_us)
    seconds[nb::str(stage.c_str())] = static_cast<double>(us) * 1e-6;
  return seconds;
}

}  // namespace

nb::object shared_array(const std::shared_ptr<const std::uint8_t>& owner,
                        std::initializer_list<std::size_t> shape) {
  if (!owner) return nb::none();
  auto* kept = new std::shared_ptr<const std::uint8_t>(owner);
  const nb::capsule capsule(
      kept, [](void* p) noexcept { delete static_cast<std::shared_ptr<const std::uint8_t>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, const std::uint8_t, nb::c_contig>(owner.get(), shape, capsule));
}

void bind_segmentation(nb::module_& module) {
  nb::class_<Segmentation>(module, "Segmentation", "The labels of one picture.")
      .def_prop_ro(
          "labels",
          [](const Segmentation& result) {
            return shared_array(result.labels, {extent(result.size.height), extent(result.size.width)});
          },
          nb::sig("def labels(self) -> numpy.ndarray"),
          "H×W uint8 class indices, over shared memory and read-only: copy it to change it or to let the "
          "fleet "
          "have its memory back")
      .def_prop_ro(
          "confidence",
          [](const Segmentation& result) {
            return shared_array(result.confidence, {extent(result.size.height), extent(result.size.width)});
          },
          nb::sig("def confidence(self) -> numpy.ndarray | None"),
          "H×W uint8, round(255 * probability of the class); None where the fleet was not opened with "
          "confidence=True")
      .def_prop_ro(
          "timings", timings_of, nb::sig("def timings(self) -> dict[str, float]"),
          "Seconds that each stage took: read, decode, transform, queue, infer, restore, encode, write")
      .def_prop_ro(
          "outcome", [](const Segmentation&) { return "done"; }, "'done'")
      .def_prop_ro("device", [](const Segmentation& result) { return result.times.device; })
      .def_prop_ro("attempts", [](const Segmentation& result) { return result.times.attempts; });
}

}  // namespace segfleet
