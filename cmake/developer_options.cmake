# SPDX-License-Identifier: Apache-2.0
option(SEGFLEET_BUILD_TESTS "Build the tests" ON)
option(SEGFLEET_BUILD_BENCH "Build the benchmark programs" OFF)
option(SEGFLEET_BUILD_PYTHON "Build the Python package; needs nanobind" ON)
option(SEGFLEET_BUILD_FUZZ "Build the fuzz targets; needs clang" OFF)
set(SEGFLEET_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # By the compiler's own list of headers: preprocessing first would cost a fifth of every compilation that is not found.
  # The slopes are those that precompiled headers need.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros
                                  ${CCACHE_PROGRAM})
endif()

add_library(segfleet_options INTERFACE)
# Warnings are errors in the preset dev alone: users of release may have a compiler that warns of something new, and GCC's own
# pages advise against errors beside sanitizers, whose code it warns of falsely (std::string's memcpy "out of bounds").
target_compile_options(segfleet_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wpedantic)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC 12 and 13 take std::string's own memcpy for an overlap (GCC bug 105651).
  target_compile_options(segfleet_options INTERFACE -Wno-restrict)
endif()
if(SEGFLEET_SANITIZE)
  # Without UBSan's check for null, a fifth of the time of compiling: AddressSanitizer reports what a null pointer reads.
  target_compile_options(segfleet_options INTERFACE -fsanitize=${SEGFLEET_SANITIZE} -fno-sanitize=null
                                                    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(segfleet_options INTERFACE -fsanitize=${SEGFLEET_SANITIZE})
endif()
find_package(Threads REQUIRED)
target_link_libraries(segfleet_options INTERFACE Threads::Threads)

# The headers that most files include: a second less for each of 400 files. Compiled once for all rooms, once for all tests.
set(SEGFLEET_COMMON_HEADERS <algorithm> <array> <chrono> <filesystem> <fstream> <functional> <map> <memory> <optional> <span>
                            <string> <string_view> <thread> <vector> <fmt/format.h>)

# segfleet_file_options(FILE... OPTIONS option...): these files alone, in every preset. They read headers as text: GCC 12 crashes
# on ones that were precompiled with another -O.
function(segfleet_file_options)
  cmake_parse_arguments(ARG "" "" "OPTIONS" ${ARGN})
  set_source_files_properties(${ARG_UNPARSED_ARGUMENTS} PROPERTIES SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS "${ARG_OPTIONS}")
endfunction()

# segfleet_room(NAME SOURCES... [PUBLIC libs...] [PRIVATE libs...]): one folder of src/ as a static library.
function(segfleet_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(segfleet_${name} STATIC ${ARG_SOURCES})
  target_include_directories(segfleet_${name} PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(segfleet_${name} PUBLIC segfleet_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  if(name STREQUAL base)
    target_precompile_headers(segfleet_base PRIVATE ${SEGFLEET_COMMON_HEADERS})
  else()
    target_precompile_headers(segfleet_${name} REUSE_FROM segfleet_base)
  endif()
endfunction()
