# SPDX-License-Identifier: MIT
# Libraries, each pinned by hash. `ci/setup` lays Debian's source archives into build/sources, and
# they are used when they are there, so that no build needs the internet.
include(FetchContent)
set(GATEHOUSE_SOURCES ${CMAKE_SOURCE_DIR}/build/sources CACHE PATH
    "Folder of source archives to use instead of downloading them")

function(gatehouse_fetch name archive url sha256)
    if(EXISTS ${GATEHOUSE_SOURCES}/${archive})
        set(url ${GATEHOUSE_SOURCES}/${archive})
    endif()
    FetchContent_Declare(${name} URL ${url} URL_HASH SHA256=${sha256}
        DOWNLOAD_EXTRACT_TIMESTAMP TRUE)
    FetchContent_GetProperties(${name})
    if(NOT ${name}_POPULATED)
        FetchContent_Populate(${name})
    endif()
    set(${name}_SOURCE_DIR ${${name}_SOURCE_DIR} PARENT_SCOPE)
endfunction()

# cmocka: the C unit tests, on the host and on Windows.
gatehouse_fetch(cmocka cmocka_1.1.5.orig.tar.xz
    https://cmocka.org/files/1.1/cmocka-1.1.5.tar.xz
    f0ccd8242d55e2fd74b16ba518359151f6f8383ff8aef4976e48393f77bba8b6)
add_library(cmocka STATIC ${cmocka_SOURCE_DIR}/src/cmocka.c)
target_include_directories(cmocka SYSTEM PUBLIC ${cmocka_SOURCE_DIR}/include)
target_compile_definitions(cmocka PRIVATE
    HAVE_STDLIB_H HAVE_STRING_H HAVE_STDIO_H HAVE_STDINT_H HAVE_INTTYPES_H HAVE_SETJMP_H
    HAVE_SIGNAL_H HAVE_STDARG_H HAVE_STDDEF_H HAVE_TIME_H
    $<$<BOOL:${WIN32}>:HAVE_WINDOWS_H>
    $<$<NOT:$<BOOL:${WIN32}>>:HAVE_UNISTD_H>
    $<$<NOT:$<BOOL:${WIN32}>>:HAVE_STRUCT_TIMESPEC>
    $<$<NOT:$<BOOL:${WIN32}>>:HAVE_CLOCK_REALTIME>
    $<$<NOT:$<BOOL:${WIN32}>>:HAVE_CLOCK_GETTIME>)
target_compile_definitions(cmocka PUBLIC CMOCKA_STATIC)

# cJSON: the test harness' bridge and fakes only; nothing that ships links it.
gatehouse_fetch(cjson cjson_1.7.15.orig.tar.gz
    https://github.com/DaveGamble/cJSON/archive/refs/tags/v1.7.15.tar.gz
    5308fd4bd90cef7aa060558514de6a1a4a0819974a26e6ed13973c5f624c24b2)
add_library(cjson STATIC ${cjson_SOURCE_DIR}/cJSON.c)
target_include_directories(cjson SYSTEM PUBLIC ${cjson_SOURCE_DIR})

# uthash: one header, copied out so that a cross-compiler never sees the host's /usr/include.
find_file(UTHASH_HEADER uthash.h PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)
find_file(UTLIST_HEADER utlist.h PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)
file(COPY ${UTHASH_HEADER} ${UTLIST_HEADER} DESTINATION ${CMAKE_BINARY_DIR}/uthash)
add_library(uthash INTERFACE)
target_include_directories(uthash SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/uthash)
