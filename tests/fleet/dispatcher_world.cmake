# SPDX-License-Identifier: Apache-2.0
# The simulated machine, for the tests, bench/ and tests/fuzz/, whichever of them a preset builds.
if(NOT TARGET segfleet_dispatcher_world)
  add_library(segfleet_dispatcher_world STATIC
              ${CMAKE_CURRENT_LIST_DIR}/dispatcher_world.cc ${CMAKE_CURRENT_LIST_DIR}/dispatcher_world_checks.cc
              ${CMAKE_CURRENT_LIST_DIR}/dispatcher_world_coordinator.cc
              ${CMAKE_CURRENT_LIST_DIR}/dispatcher_world_random.cc)
  target_include_directories(segfleet_dispatcher_world PUBLIC ${CMAKE_CURRENT_LIST_DIR})
  target_link_libraries(segfleet_dispatcher_world PUBLIC segfleet_dispatch PRIVATE segfleet_options)
endif()
