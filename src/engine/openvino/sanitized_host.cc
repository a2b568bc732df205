// SPDX-License-Identifier: Apache-2.0
// Linked into programs that may open the OpenVINO engine, in sanitizer builds only
// (cmake/openvino_host.cmake). OpenVINO and TBB come without instrumentation: what they do among themselves
// is not ours to judge.
extern "C" {

// Memory that lives as long as the process.
__attribute__((visibility("default"))) const char* __lsan_default_suppressions() {
  return "leak:libopenvino\nleak:libtbb\nleak:libhwloc\n";
}
// Without a report of them: a program's standard error belongs to its user.
__attribute__((visibility("default"))) const char* __lsan_default_options() {
  return "print_suppressions=0";
}

// Interceptors called from libraries without instrumentation see only half of their synchronisation.
__attribute__((visibility("default"))) const char* __tsan_default_options() {
  return "ignore_noninstrumented_modules=1";
}

}  // extern "C"
