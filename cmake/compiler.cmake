# SPDX-License-Identifier: MIT
# How everything is compiled: C11 with GNU extensions (cleanup attributes), warnings as errors,
# hardened, and bit-identical whatever folder it is built in.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)

add_library(gatehouse_options INTERFACE)
target_compile_options(gatehouse_options INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
    $<$<BOOL:${GATEHOUSE_WERROR}>:-Werror>)
# clang takes a variable that is there only for its cleanup attribute for unused.
target_compile_options(gatehouse_options INTERFACE $<$<C_COMPILER_ID:Clang>:-Wno-unused-variable>)
target_include_directories(gatehouse_options INTERFACE ${CMAKE_SOURCE_DIR}/src)

# Of several prefixes that match, the compiler takes the last.
add_compile_options(
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.
    -ffile-prefix-map=${CMAKE_BINARY_DIR}=build
    -fstack-protector-strong)

if(WIN32)
    enable_language(RC)
    add_compile_definitions(
        UNICODE _UNICODE WIN32_LEAN_AND_MEAN _WIN32_WINNT=0x0A00 __USE_MINGW_ANSI_STDIO=1)
    add_compile_options(-D_FORTIFY_SOURCE=2)
    # Static: the service must load nothing but Windows' own DLLs. No timestamp: reproducible.
    add_link_options(-static -fstack-protector-strong -Wl,--no-insert-timestamp -Wl,--nxcompat -Wl,--dynamicbase)
    # For Windows 10 and later. Terminal services need not redirect our files and registry values.
    add_link_options(-Wl,--tsaware -Wl,--major-subsystem-version,10 -Wl,--minor-subsystem-version,0)
    if(CMAKE_SIZEOF_VOID_P EQUAL 8)
        add_link_options(-Wl,--high-entropy-va)
    endif()
endif()

if(GATEHOUSE_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()

# Other engines' compilers put in what those need.
if(GATEHOUSE_FUZZ AND GATEHOUSE_FUZZ_ENGINE STREQUAL "-fsanitize=fuzzer")
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(GATEHOUSE_ANALYZE)
    # gcc 12 loses track of variables with a cleanup attribute and takes them for uninitialised.
    add_compile_options(-fanalyzer -Wno-analyzer-use-of-uninitialized-value)
endif()
