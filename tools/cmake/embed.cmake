# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# cmake -DOUT=FILE.cc -DSMALL=FOLDER -P embed.cmake -- TRACE...: writes the table that
# fuzz/scenarios.h declares. FOLDER has small versions, under the same names.
set(count 0)
set(rows "")
foreach(i RANGE ${CMAKE_ARGC})
  if(after_dashes AND i LESS CMAKE_ARGC)
    cmake_path(GET CMAKE_ARGV${i} STEM LAST_ONLY name)
    file(READ ${CMAKE_ARGV${i}} text)
    set(small "")
    if(EXISTS ${SMALL}/${name}.trace)
      file(READ ${SMALL}/${name}.trace small)
    endif()
    string(APPEND rows
      "    scenario_text{\"${name}\", R\"trace(${text})trace\", R\"trace(${small})trace\"},\n")
    math(EXPR count "${count} + 1")
  elseif("${CMAKE_ARGV${i}}" STREQUAL "--")
    set(after_dashes ON)
  endif()
endforeach()
file(WRITE ${OUT} "#include \"fuzz/scenarios.h\"

#include <array>

namespace iorace {

std::span<const scenario_text> scenario_texts() {
  static constexpr std::array<scenario_text, ${count}> all = {{
${rows}  }};
  return all;
}

}  // namespace iorace
")
