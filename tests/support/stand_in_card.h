// SPDX-License-Identifier: Apache-2.0
// The stand-ins of tests/nvjpeg for NVIDIA's libraries. NO CARD IS USED: what is shown is what is asked of
// them and what is made of their answers.
#pragma once
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "imaging/nvjpeg/nvjpeg.h"

namespace segfleet {

inline const std::filesystem::path kStandInCard = SEGFLEET_STAND_IN_CARD;
inline const std::filesystem::path kStandInDriver = kStandInCard / "libcuda.so.1";

inline Result<std::unique_ptr<Nvjpeg>> open_stand_in() {
  return Nvjpeg::open({kStandInCard / "libnvjpeg.so.13"}, kStandInDriver);
}

// What a function of the stand-ins' driver answers; 0 where nobody has opened it.
inline int ask_stand_in_driver(const char* function) {
  void* driver = ::dlopen(kStandInDriver.c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (driver == nullptr) return 0;
  const int answer = reinterpret_cast<int (*)()>(::dlsym(driver, function))();
  ::dlclose(driver);
  return answer;
}
// What it gave and did not get back.
inline int held_on_card() {
  return ask_stand_in_driver("stand_in_cuda_held");
}

// An instruction to a stand-in, as long as it lives. Only while no other thread reads the environment.
class Told {
 public:
  Told(const char* variable, const std::string& value) : variable_(variable) {
    ::setenv(variable, value.c_str(), 1);
  }
  ~Told() { ::unsetenv(variable_); }
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;

 private:
  const char* variable_;
};

}  // namespace segfleet
