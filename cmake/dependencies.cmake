# SPDX-License-Identifier: Apache-2.0
# Everything segfleet is built on: Debian packages, and OpenVINO's SDK inside its PyPI wheel.
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(TIFF REQUIRED)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

if(NOT OpenVINO_DIR)
  file(GLOB SEGFLEET_OPENVINO_CMAKE ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/openvino/cmake)
  set(OpenVINO_DIR "${SEGFLEET_OPENVINO_CMAKE}" CACHE PATH "cmake folder of the openvino wheel")
endif()
find_package(OpenVINO 2026.4 REQUIRED COMPONENTS Runtime)
find_package(TBB REQUIRED CONFIG PATHS ${OpenVINO_DIR} NO_DEFAULT_PATH)  # the wheel's, headers included
# Where the wheel's libraries are: the engine's DT_RPATH (src/engine/openvino).
get_filename_component(SEGFLEET_OPENVINO_LIBS ${OpenVINO_DIR}/../libs ABSOLUTE)
