# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# What the folders' CMakeLists.txt share: their sources, their tests, the replay tests.

# These folders are projects of their own.
set(of_their_own "/(tools/(bench|tidy|install_test)|fuzz/insertion)/")

# Those of the preset, as in "fuzzer-no-link,address,undefined"; empty without.
string(REGEX MATCH "-fsanitize=[a-z,-]+" sanitizers "${CMAKE_CXX_FLAGS}")

# With sanitizers an optimised build of what runs for moments takes twice as long as any other, and
# libFuzzer does not look at it.
if(sanitizers)
  set(for_moments -O0 $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=fuzzer-no-link>)
else()
  set(for_moments -O1)
endif()

# Sets `out` to the sources of the current folder and those below it, without tests and programs.
function(iorace_sources out)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cc)
  list(FILTER sources EXCLUDE REGEX "_(test|fuzzer|bench)\\.cc$|${of_their_own}")
  list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/iorace.cc)
  if(NOT sources)
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/nothing_yet.cc)
    file(TOUCH ${sources})
  endif()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# Headers of others that most sources of a target include are parsed once.
function(iorace_precompile target)
  target_precompile_headers(${target} PRIVATE <algorithm> <functional> <map> <memory> <set> <span>
    <string> <string_view> <vector> <fmt/format.h> ${ARGN})
endfunction()

# Registers the gtest cases of `target`. The first word of a suite's name is its label:
# TEST(litmus_mutex, two_tasks) of the folder scheduler is litmus/scheduler.litmus_mutex.two_tasks;
# a suite that starts with none of the words is a unit test.
set(labels litmus knob smoke twice canary tidy slow)
function(iorace_discover target folder)
  if(sanitizers)
    iorace_add_suites(${target} ${folder})
    return()
  endif()
  list(TRANSFORM labels APPEND "_*" OUTPUT_VARIABLE suites)
  list(JOIN suites ":" suites)
  foreach(label unit ${labels})
    set(filter "${label}_*")
    if(label STREQUAL unit)
      set(filter "*-${suites}")
    endif()
    gtest_discover_tests(${target}
      TEST_PREFIX "${label}/${folder}."
      TEST_FILTER "${filter}"
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      DISCOVERY_MODE PRE_TEST
      DISCOVERY_TIMEOUT 60
      PROPERTIES LABELS ${label} TIMEOUT $<IF:$<STREQUAL:${label},slow>,3600,300>)
  endforeach()
endfunction()

# With a sanitizer a program takes a tenth of a second to start: the cases of a suite share a run
# of it, litmus/scheduler.litmus_mutex. What was not seen to be a suite is run as unit/<folder>.
function(iorace_add_suites target folder)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    file(STRINGS ${source} cases REGEX "^TEST(_F|_P)?\\([a-z0-9_]+,")
    list(TRANSFORM cases REPLACE "^TEST(_F|_P)?\\(([a-z0-9_]+),.*" "\\2")
    list(APPEND all ${cases})
  endforeach()
  set(suites ${all})
  list(REMOVE_DUPLICATES suites)
  list(TRANSFORM suites APPEND ".*" OUTPUT_VARIABLE seen)
  list(JOIN seen ":" seen)
  iorace_add_suite(unit ${folder} "-${seen}" 0)
  list(JOIN labels "|" words)
  foreach(suite ${suites})
    set(label unit)
    if(suite MATCHES "^(${words})_")
      set(label ${CMAKE_MATCH_1})
    endif()
    set(cases ${all})
    list(FILTER cases INCLUDE REGEX "^${suite}$")
    list(LENGTH cases count)
    iorace_add_suite(${label} ${folder}.${suite} "${suite}.*" ${count})
  endforeach()
endfunction()
# Long ones start first: nobody waits for the last one then.
function(iorace_add_suite label name filter cases)
  add_test(NAME ${label}/${name} COMMAND ${target} --gtest_brief=1 "--gtest_filter=${filter}"
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${label}/${name} PROPERTIES
    LABELS ${label} TIMEOUT 3600 COST ${cases})
endfunction()

# Tests are compiled once and run once; what they test is optimised.
function(iorace_test_options target)
  target_compile_options(${target} PRIVATE ${for_moments})
  target_compile_definitions(${target} PRIVATE
    IORACE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" IORACE_BINARY_DIR="${PROJECT_BINARY_DIR}")
endfunction()

# All programs of tests are compiled in the same way: they share the headers that are parsed once.
function(iorace_reuse_precompiled target)
  if(NOT TARGET iorace_test_headers)
    file(TOUCH ${PROJECT_BINARY_DIR}/test_headers.cc)
    add_library(iorace_test_headers OBJECT ${PROJECT_BINARY_DIR}/test_headers.cc)
    iorace_test_options(iorace_test_headers)
    target_link_libraries(iorace_test_headers PRIVATE iorace::scheduler GTest::gmock)
    iorace_precompile(iorace_test_headers <gmock/gmock.h> <gtest/gtest.h>)
  endif()
  target_precompile_headers(${target} REUSE_FROM iorace_test_headers)
endfunction()

# All x_test.cc below the current folder become one program, <folder>_tests.
function(iorace_tests folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *_test.cc)
  list(FILTER sources EXCLUDE REGEX "${of_their_own}")
  if(NOT BUILD_TESTING OR NOT sources)
    return()
  endif()
  add_executable(${folder}_tests ${sources})
  target_link_libraries(${folder}_tests PRIVATE ${ARGN} GTest::gmock GTest::gtest_main)
  iorace_test_options(${folder}_tests)
  iorace_reuse_precompiled(${folder}_tests)
  # Tests of small pieces have helpers of the same names, each file in a namespace of its own.
  set_target_properties(${folder}_tests PROPERTIES UNITY_BUILD_UNIQUE_ID this_file)
  iorace_discover(${folder}_tests ${folder})
endfunction()

# Every trace of repro/ and every folder of corpus/ is one test; with sanitizers, every folder.
function(iorace_replay_tests)
  if(sanitizers)
    file(GLOB traces CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/repro/*)
    list(FILTER traces EXCLUDE REGEX "\\.md$")
  else()
    file(GLOB_RECURSE traces CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/repro/*.trace)
  endif()
  file(GLOB corpora CONFIGURE_DEPENDS LIST_DIRECTORIES true ${PROJECT_SOURCE_DIR}/corpus/*)
  foreach(input ${traces} ${corpora})
    cmake_path(RELATIVE_PATH input BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE file)
    string(REGEX REPLACE "^repro/|\\.trace$" "" name ${file})
    add_test(NAME replay/${name} COMMAND iorace replay --strict ${file}
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(replay/${name} PROPERTIES LABELS replay TIMEOUT 300)
  endforeach()
endfunction()

# A fuzz target runs 2000 inputs, those of corpus/<target>/ first. What it finds stays in build/.
function(iorace_smoke_test target)
  if(NOT BUILD_TESTING)
    return()
  endif()
  set(new ${CMAKE_CURRENT_BINARY_DIR}/${target}.new)
  set(corpus ${PROJECT_SOURCE_DIR}/corpus/${target})
  if(NOT IS_DIRECTORY ${corpus})
    set(corpus "")
  endif()
  add_test(NAME smoke/${target} COMMAND sh -c "rm -rf ${new} && mkdir ${new} && \
    exec $<TARGET_FILE:${target}> -runs=2000 -seed=1 -artifact_prefix=${new}/ ${new} ${corpus}")
  set_tests_properties(smoke/${target} PROPERTIES LABELS smoke TIMEOUT 300)
endfunction()
