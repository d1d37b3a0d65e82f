# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# find_package(iorace): the target iorace::scheduler.
include(CMakeFindDependencyMacro)
find_dependency(Boost 1.81 CONFIG COMPONENTS context)
find_dependency(fmt)
find_dependency(tl-expected)
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
find_dependency(xxhash)
list(POP_BACK CMAKE_MODULE_PATH)
include(${CMAKE_CURRENT_LIST_DIR}/iorace-targets.cmake)
