# SPDX-License-Identifier: Apache-2.0
# segfleet_embed(OUTPUT.cc NAME=FILE...): text files as std::string_view constants of namespace segfleet, made anew
# whenever one of them changes. The header that declares them is written by hand.
function(segfleet_embed output)
  set(files)
  foreach(pair ${ARGN})
    string(REGEX REPLACE "^[^=]*=" "" file ${pair})
    list(APPEND files ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  string(REPLACE ";" "|" pairs "${ARGN}")
  add_custom_command(OUTPUT ${output} DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed_text_now.cmake VERBATIM
    COMMAND ${CMAKE_COMMAND} -D "OUTPUT=${CMAKE_CURRENT_BINARY_DIR}/${output}" -D "FOLDER=${CMAKE_CURRENT_SOURCE_DIR}"
            -D "PAIRS=${pairs}" -P ${CMAKE_SOURCE_DIR}/cmake/embed_text_now.cmake)
endfunction()
