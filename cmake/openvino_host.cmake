# SPDX-License-Identifier: Apache-2.0
# One libtbb.so.12 in a process. Debian's OpenCV needs libtbb.so.12 (2021.8) and is loaded at start; OpenVINO's wheel
# brings a newer one under the same name, and whichever is loaded first serves both. TBB keeps old programs working
# with a newer library, not the other way round: so the wheel's must come first.
#
# A program that may open the OpenVINO engine therefore carries the wheel's folder as DT_RPATH. The loader searches
# the program's DT_RPATH also for the libraries of its libraries, and before LD_LIBRARY_PATH; the usual DT_RUNPATH
# serves only the program's own libraries, and OpenCV would find Debian's TBB. Nothing is linked: without OpenVINO
# the program still starts. Checked from /proc/self/maps by tests/engine/one_tbb_test.cc.
function(segfleet_host_openvino target)
  target_link_options(${target} PRIVATE LINKER:--disable-new-dtags)
  set_property(TARGET ${target} APPEND PROPERTY BUILD_RPATH ${SEGFLEET_OPENVINO_LIBS})
  set_property(TARGET ${target} APPEND PROPERTY INSTALL_RPATH $ORIGIN/../lib/segfleet ${SEGFLEET_OPENVINO_LIBS})
  if(SEGFLEET_SANITIZE)
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src/engine/openvino/sanitized_host.cc)
  endif()
endfunction()
