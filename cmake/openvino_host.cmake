# SPDX-License-Identifier: Apache-2.0
# A program that may open the OpenVINO engine. It links nothing of OpenVINO's and starts without it; under a sanitizer it
# says which of OpenVINO's own leaks are known.
function(segfleet_host_openvino target)
  if(SEGFLEET_SANITIZE)
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src/engine/openvino/sanitized_host.cc)
  endif()
endfunction()
