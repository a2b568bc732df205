# SPDX-License-Identifier: Apache-2.0
# The interpreter whose openvino wheel is built against, and that tests and the Python package are for: under
# scikit-build-core the one that builds the wheel, else .venv's. A build of the C++ part alone needs none where
# OpenVINO_DIR is given.
if(SKBUILD)
  find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module)
  set(SEGFLEET_PYTHON ${Python_EXECUTABLE})
elseif(SEGFLEET_BUILD_TESTS OR SEGFLEET_BUILD_PYTHON OR NOT OpenVINO_DIR)
  find_program(SEGFLEET_PYTHON python NAMES python3 PATHS ${CMAKE_SOURCE_DIR}/.venv/bin NO_DEFAULT_PATH REQUIRED)
endif()
