// SPDX-License-Identifier: Apache-2.0
#include "python_engine.h"

#include <fmt/format.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <new>
#include <stdexcept>

#include "known_thread.h"
#include "python_error.h"
#include "shape_caster.h"
#include "text_caster.h"

namespace nb = nanobind;

namespace segfleet {
namespace {

std::optional<ElementType> element_type_of(nb::dlpack::dtype type) {
  if (type == nb::dtype<std::uint8_t>()) return ElementType::u8;
  if (type == nb::dtype<std::int32_t>()) return ElementType::i32;
  if (type == nb::dtype<std::int64_t>()) return ElementType::i64;
  if (type == nb::dtype<float>()) return ElementType::f32;
  return std::nullopt;
}

Error refused(const nb::object& result, std::string_view why) {
  const auto type = nb::cast<std::string>(nb::str(result.type().attr("__name__")));
  return {ErrorCode::engine_error,
          fmt::format("the Python engine's infer() gave a {}{}: it must return one array on the CPU, uint8, "
                      "int32 or int64 labels N×H×W or float32 scores N×C×H×W",
                      type, why)};
}

// The attribute, or `otherwise` where the object has none.
template <typename T>
T attribute(const nb::object& object, const char* name, T otherwise) {
  if (!nb::hasattr(object, name)) return otherwise;
  const nb::object value = object.attr(name);
  if (value.is_none()) return otherwise;
  T result{};
  if (!nb::try_cast(value, result))
    throw nb::type_error(fmt::format("the attribute '{}' has a wrong type", name).c_str());
  return result;
}

// (name, dtype, shape), each -1 where it is open; an engine need not tell.
TensorInfo tensor_info(const nb::object& engine, const char* name) {
  TensorInfo info;
  const auto told = attribute<std::tuple<std::string, std::string, Shape>>(engine, name, {});
  info.name = std::get<0>(told);
  for (const ElementType known : {ElementType::u8, ElementType::i32, ElementType::i64, ElementType::f32})
    if (name_of(known) == std::get<1>(told)) info.type = known;
  info.shape = std::get<2>(told);
  return info;
}

EngineInfo info_of(const nb::object& engine, const std::string& version, const EngineOptions& options) {
  EngineInfo info;
  info.name =
      attribute<std::string>(engine, "name", nb::cast<std::string>(nb::str(engine.type().attr("__name__"))));
  info.version = version;
  info.device_name = attribute<std::string>(engine, "device_name", options.device);
  info.lanes = attribute<int>(engine, "lanes", 1);
  if (info.lanes < 1 || info.lanes > options.lanes) info.lanes = 1;
  info.class_count = attribute<int>(engine, "class_count", 0);
  info.notes = attribute<std::vector<std::string>>(engine, "notes", {});
  info.input = tensor_info(engine, "input");
  info.output = tensor_info(engine, "output");
  return info;
}

bool is_aligned(const void* data) {
  constexpr std::uintptr_t kAlignmentBytes = 64;  // MemorySource
  return reinterpret_cast<std::uintptr_t>(data) % kAlignmentBytes == 0;
}

// Runs `step` with the interpreter's lock and turns what it raises into an Error.
template <typename Step>
auto with_python(std::string_view action, const Step& step) -> decltype(step()) {
  const nb::gil_scoped_acquire lock;
  try {
    return step();
  } catch (nb::python_error& raised) {
    return error_of(raised, action);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {  // a value of a wrong type
    return Error{ErrorCode::engine_error,
                 fmt::format("the Python engine cannot {}: {}", action, error.what())};
  }
}

}  // namespace

void LeftReferences::leave(EngineArray array) {
  const MutexLock lock(mutex_);
  left_.push_back(std::move(array));
}

void LeftReferences::drop_all() {
  std::vector<EngineArray> left;
  const MutexLock lock(mutex_);
  left.swap(left_);  // destroyed after the mutex is free: that may run Python code
}

PythonEngine::PythonEngine(nb::object engine, EngineInfo info)
    : engine_(std::move(engine)), info_(std::move(info)) {
  const nb::module_ numpy = nb::module_::import_("numpy");
  array_class_ = numpy.attr("ndarray");
  float32_ = numpy.attr("dtype")("float32");
}

PythonEngine::~PythonEngine() {
  const nb::gil_scoped_acquire lock;
  left_->drop_all();
  engine_.reset();
  array_class_.reset();
  float32_.reset();
}

Status PythonEngine::infer(int lane, const TensorView& input, Tensor& output) {
  stay_known_to_python();
  return with_python("run a batch", [&]() -> Status {
    left_->drop_all();
    const nb::object batch = lend(input);
    return take(engine_.attr("infer")(batch, lane), output);
  });
}

// By NumPy's own constructor: nanobind's way goes through Python code of NumPy, which is slow after a pause.
nb::object PythonEngine::lend(const TensorView& input) const {
  const auto bytes = static_cast<Py_ssize_t>(element_count(input.shape) * sizeof(float));
  const auto memory = nb::steal(PyMemoryView_FromMemory(static_cast<char*>(input.data), bytes, PyBUF_WRITE));
  if (!memory) nb::raise_python_error();
  return array_class_(nb::tuple(nb::cast(input.shape)), float32_, memory);
}

MemorySource PythonEngine::input_memory() {
  const nb::gil_scoped_acquire lock;
  if (!nb::hasattr(engine_, "input_memory")) return {};
  return [this](std::size_t bytes) { return borrow_memory(bytes); };
}

// Only while tensors grow: a pipeline's thread waits for the interpreter's lock here.
std::shared_ptr<std::byte> PythonEngine::borrow_memory(std::size_t bytes) {
  std::shared_ptr<std::byte> memory;
  const Status status = with_python("give memory for inputs", [&]() -> Status {
    const nb::object given = engine_.attr("input_memory")(bytes);
    if (given.is_none()) return {};
    nb::ndarray<std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu> writable;
    if (!nb::try_cast(given, writable, false) || writable.size() < bytes || !is_aligned(writable.data()))
      return Error{
          ErrorCode::engine_error,
          fmt::format("the Python engine's input_memory({}) must give None or a writable uint8 array "
                      "of so many bytes, aligned to 64",
                      bytes)};
    auto* data = reinterpret_cast<std::byte*>(writable.data());
    memory = {data, [left = left_, owner = nb::cast<EngineArray>(given)](std::byte*) mutable {
                left->leave(std::move(owner));
              }};
    return {};
  });
  if (status.ok()) return memory;
  if (status.error().code == ErrorCode::out_of_memory) throw std::bad_alloc();
  throw std::runtime_error(status.error().message);
}

std::optional<DeviceMemory> PythonEngine::memory() const {
  const nb::gil_scoped_acquire lock;
  try {
    if (!nb::hasattr(engine_, "memory")) return std::nullopt;
    const nb::object told = engine_.attr("memory")();
    if (told.is_none()) return std::nullopt;
    const auto [used, free, total] = nb::cast<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>>(told);
    return DeviceMemory{used, free, total};
  } catch (const std::exception&) {  // what cannot be told is not known
    return std::nullopt;
  }
}

Status PythonEngine::take(nb::object result, Tensor& output) {
  EngineArray array;
  if (!nb::try_cast(result, array)) return refused(result, "");
  const std::optional<ElementType> type = element_type_of(array.dtype());
  if (!type) return refused(result, " of another element type");
  Shape shape;
  for (std::size_t i = 0; i < array.ndim(); ++i) shape.push_back(static_cast<std::int64_t>(array.shape(i)));
  void* data = const_cast<void*>(array.data());
  std::shared_ptr<EngineArray> owner(new EngineArray(std::move(array)), [left = left_](EngineArray* last) {
    left->leave(std::move(*last));
    delete last;  // empty now: needs no lock
  });
  output.adopt(*type, shape, data, std::move(owner));
  return {};
}

std::string PythonEngineFactory::version() const {
  const nb::gil_scoped_acquire lock;
  try {
    return attribute<std::string>(engine_class_, "version", "");
  } catch (const std::exception&) {
    return "";
  }
}

Result<std::vector<EngineDevice>> PythonEngineFactory::devices() const {
  return with_python("list its devices", [&]() -> Result<std::vector<EngineDevice>> {
    std::vector<EngineDevice> devices;
    if (!nb::hasattr(engine_class_, "devices")) return devices;
    for (const auto& [name, description] :
         nb::cast<std::vector<std::pair<std::string, std::string>>>(engine_class_.attr("devices")()))
      devices.push_back({name, description});
    return devices;
  });
}

Result<std::unique_ptr<Engine>> PythonEngineFactory::load(const ModelPackage& model,
                                                          const EngineOptions& options) const {
  return with_python("load the model", [&]() -> Result<std::unique_ptr<Engine>> {
    nb::object engine = engine_class_();
    engine.attr("load")(nb::cast(model, nb::rv_policy::copy), nb::cast(options, nb::rv_policy::copy));
    EngineInfo info = info_of(engine, version(), options);
    return std::unique_ptr<Engine>(new PythonEngine(std::move(engine), std::move(info)));
  });
}

}  // namespace segfleet
