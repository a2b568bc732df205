// SPDX-License-Identifier: Apache-2.0
#include "python_error.h"

#include <fmt/format.h>

#include "text_caster.h"

namespace nb = nanobind;

namespace segfleet {
namespace {

nb::object errors_module() {
  return nb::module_::import_("segfleet.errors");
}

constexpr std::size_t kLongestText = 2000;

// str(object) in one line of bounded length.
std::string text_of(nb::handle object) {
  nb::object text = nb::str(object);
  text = text[nb::slice(kLongestText)];  // by characters: UTF-8 stays whole
  const nb::object lines = text.attr("splitlines")();
  return nb::cast<std::string>(
      nb::str("; ").attr("join")(lines).attr("encode")("utf-8", "replace").attr("decode")());
}

// "my_engine.py:12": the innermost frame.
std::string place_of(const nb::python_error& raised) {
  nb::object frame = nb::borrow(raised.traceback());
  if (!frame.is_valid() || frame.is_none()) return "an unknown place";
  while (!frame.attr("tb_next").is_none()) frame = frame.attr("tb_next");
  const auto file = text_of(frame.attr("tb_frame").attr("f_code").attr("co_filename"));
  const std::size_t slash = file.rfind('/');
  return fmt::format("{}:{}", slash == std::string::npos ? file : file.substr(slash + 1),
                     nb::cast<int>(frame.attr("tb_lineno")));
}

}  // namespace

Error error_of(nb::python_error& raised, std::string_view action) {
  try {
    if (raised.matches(errors_module().attr("Error"))) {
      const auto code = error_code_from_name(nb::cast<std::string>(raised.value().attr("code")));
      return {code.value_or(ErrorCode::internal), text_of(raised.value())};
    }
    const std::string type = text_of(raised.type().attr("__name__"));
    const auto code = raised.matches(PyExc_MemoryError) ? ErrorCode::out_of_memory : ErrorCode::engine_error;
    return {code, fmt::format("the Python engine cannot {}: {}: {} (at {})", action, type,
                              text_of(raised.value()), place_of(raised))};
  } catch (nb::python_error&) {  // an exception that cannot even be printed
    return {ErrorCode::engine_error,
            fmt::format("the Python engine cannot {}: it raised an exception without a text", action)};
  }
}

void raise(const Error& error) {
  const nb::object make = errors_module().attr("error_of");
  const nb::object exception = make(std::string(name_of(error.code)), error.message);
  PyErr_SetObject(exception.type().ptr(), exception.ptr());
  throw nb::python_error();
}

}  // namespace segfleet
