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

# Asked again each time for a wheel: pip's build environment is another folder each time.
if(SKBUILD OR NOT OpenVINO_DIR)
  execute_process(COMMAND ${SEGFLEET_PYTHON} -c "from importlib.util import find_spec; print(find_spec('openvino').submodule_search_locations[0])"
                  OUTPUT_VARIABLE SEGFLEET_OPENVINO OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(OpenVINO_DIR "${SEGFLEET_OPENVINO}/cmake" CACHE PATH "cmake folder of the openvino wheel" FORCE)
endif()
find_package(OpenVINO 2026.4 REQUIRED COMPONENTS Runtime)
find_package(TBB REQUIRED CONFIG PATHS ${OpenVINO_DIR} NO_DEFAULT_PATH)  # the wheel's, headers included
# Where the wheel's libraries are: the engine's DT_RPATH (src/engine/openvino).
get_filename_component(SEGFLEET_OPENVINO_LIBS ${OpenVINO_DIR}/../libs ABSOLUTE)
