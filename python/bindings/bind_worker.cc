// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/vector.h>

#include <map>

#include "bindings.h"
#include "python_engine.h"
#include "python_error.h"
#include "text_caster.h"
#include "worker/worker_main.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace segfleet {
namespace {

// Asks Python for the engine's class. A factory lives as long as the process, as those of shared objects do.
Result<const EngineFactory*> open_python_engine(const nb::object& engine_class_of, const std::string& name) {
  const nb::gil_scoped_acquire lock;
  try {
    static std::map<std::string, std::unique_ptr<PythonEngineFactory>>* const opened =
        new std::map<std::string,
                     std::unique_ptr<PythonEngineFactory>>();  // never destroyed: no interpreter then
    std::unique_ptr<PythonEngineFactory>& factory = (*opened)[name];
    if (!factory) factory = std::make_unique<PythonEngineFactory>(engine_class_of(name));
    return factory.get();
  } catch (nb::python_error& raised) {
    return error_of(raised, "be opened");
  }
}

int serve(const std::vector<std::string>& arguments, const nb::object& engine_class_of,
          const std::vector<std::filesystem::path>& library_folders) {
  std::vector<const char*> argv{"segfleet.worker"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  const nb::gil_scoped_release unlocked;
  const auto open_engine = [&](const std::string& name) { return open_python_engine(engine_class_of, name); };
  return worker_main(static_cast<int>(argv.size()), argv.data(), {open_engine, library_folders});
}

}  // namespace

void bind_worker(nb::module_& module) {
  module.def(
      "worker_main", serve, "arguments"_a, "engine_class_of"_a, "library_folders"_a,
      "The worker's command line (python -m segfleet.worker). Takes the whole process: signals, standard\n"
      "output and its end. library_folders: where NVIDIA's libraries may lie beside those that the loader\n"
      "finds. Returns the exit status.");
}

}  // namespace segfleet
