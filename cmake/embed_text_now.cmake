# SPDX-License-Identifier: Apache-2.0
# What segfleet_embed() runs at build time.
set(text "// Made by cmake/embed_text_now.cmake.\n#include <string_view>\n\nnamespace segfleet {\n")
string(REPLACE "|" ";" pairs "${PAIRS}")
foreach(pair ${pairs})
  string(REGEX MATCH "^([^=]*)=(.*)$" whole ${pair})
  set(name ${CMAKE_MATCH_1})
  file(READ ${FOLDER}/${CMAKE_MATCH_2} content)
  string(APPEND text "extern const std::string_view ${name};\nconst std::string_view ${name} = R\"segfleet(${content})segfleet\";\n")
endforeach()
string(APPEND text "}  // namespace segfleet\n")
file(WRITE ${OUTPUT} "${text}")
