# Compiler settings and the three kinds of targets of the project: modules, tests, fuzzers.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

find_program(TOCSIN_CCACHE ccache)
if(TOCSIN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for to cache what uses precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros "${TOCSIN_CCACHE}")
endif()
find_program(TOCSIN_MOLD mold)
if(TOCSIN_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Half of a build is parsing the same standard headers: they are precompiled, once a module and once a
# test binary. Sources still include what they use; -DTOCSIN_PRECOMPILE=OFF proves it.
option(TOCSIN_PRECOMPILE "Precompile standard and third-party headers" ON)
set(TOCSIN_MODULE_HEADERS
  <algorithm> <atomic> <chrono> <cstdint> <functional> <map> <memory> <optional> <span> <string>
  <string_view> <unordered_map> <utility> <vector> <fmt/core.h> <tl/expected.hpp>)
set(TOCSIN_TEST_HEADERS ${TOCSIN_MODULE_HEADERS} <gmock/gmock.h> <gtest/gtest.h>)

add_library(tocsin_options INTERFACE)
target_compile_options(tocsin_options INTERFACE -Wall -Wextra -Wshadow -Werror
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  # GCC 12 reports these falsely inside libstdc++ and fmt at -O2.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-error=maybe-uninitialized -Wno-error=stringop-overflow
    -Wno-error=stringop-overread -Wno-error=array-bounds -Wno-error=restrict
    -Wno-error=free-nonheap-object>)
target_include_directories(tocsin_options INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_link_libraries(tocsin_options INTERFACE Threads::Threads)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # SSE4.2 for CRC32-C and string scanning; every x86-64 server since 2009 has it.
  target_compile_options(tocsin_options INTERFACE -msse4.2 -mpopcnt)
endif()
if(TOCSIN_SANITIZE)
  add_compile_options(-fsanitize=${TOCSIN_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${TOCSIN_SANITIZE})
endif()

# tocsin_module(NAME SOURCES a.cc ... DEPENDS other_module ... LIBRARIES third_party ...)
# builds src/NAME as the static library tocsin_NAME. Third-party libraries stay private to it.
function(tocsin_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  if(ARG_SOURCES)
    add_library(tocsin_${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_compile_options(tocsin_${name} PRIVATE -Wconversion -Wno-sign-conversion)
    target_link_libraries(tocsin_${name} PRIVATE ${ARG_LIBRARIES})
    list(LENGTH ARG_SOURCES source_count)
    if(TOCSIN_PRECOMPILE AND source_count GREATER 4)
      target_precompile_headers(tocsin_${name} PRIVATE ${TOCSIN_MODULE_HEADERS})
    endif()
  else()
    add_library(tocsin_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(tocsin_${name} ${scope} tocsin_options)
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(tocsin_${name} ${scope} tocsin_${dependency})
  endforeach()
endfunction()

# tocsin_test(MODULE a_test.cc ... [DEPENDS module ...]) builds tests/MODULE/*_test.cc into the one
# binary MODULE_tests and registers each of its suites' cases with CTest.
function(tocsin_test module)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_executable(${module}_tests ${ARG_SOURCES} ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${module}_tests PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_link_libraries(${module}_tests PRIVATE tocsin_options GTest::gmock GTest::gtest_main
    ${ARG_LIBRARIES})
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(${module}_tests PRIVATE tocsin_${dependency})
  endforeach()
  if(TOCSIN_PRECOMPILE)
    target_precompile_headers(${module}_tests PRIVATE ${TOCSIN_TEST_HEADERS})
  endif()
  # Tests run against optimised modules; their own code need not be.
  target_compile_options(${module}_tests PRIVATE -O0)
  target_compile_definitions(${module}_tests PRIVATE
    TOCSIN_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    TOCSIN_UPSTREAM_DIR="${CMAKE_SOURCE_DIR}/../shared/upstream")
  # One CTest entry a binary: GoogleTest reports the cases, scripts/test adds them up.
  add_test(NAME ${module} COMMAND ${module}_tests WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${module} PROPERTIES TIMEOUT 600)
endfunction()

# tocsin_fuzz(NAME SOURCE file.cc DEPENDS module ...): a libFuzzer target where enabled, and always an
# ordinary test that replays tests/fuzz/corpus/NAME and mutations of it under the suite's compiler.
function(tocsin_fuzz name)
  cmake_parse_arguments(ARG "" "SOURCE" "DEPENDS" ${ARGN})
  add_executable(${name}_replay ${ARG_SOURCE} "${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc")
  target_link_libraries(${name}_replay PRIVATE tocsin_options)
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(${name}_replay PRIVATE tocsin_${dependency})
  endforeach()
  add_test(NAME fuzz_${name} COMMAND ${name}_replay
    "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}")
  set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 300)
  if(TOCSIN_BUILD_FUZZERS)
    add_executable(${name} ${ARG_SOURCE})
    target_link_libraries(${name} PRIVATE tocsin_options)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    foreach(dependency IN LISTS ARG_DEPENDS)
      target_link_libraries(${name} PRIVATE tocsin_${dependency})
    endforeach()
  endif()
endfunction()
