# SPDX-License-Identifier: MIT
# settings.json: the table of settings for ci/releasing, written by a program for the machine that
# builds, whatever is built.
find_program(BUILD_MACHINE_C_COMPILER NAMES cc gcc clang REQUIRED
    DOC "Compiles what runs during the build")
set(setting_table_sources ${PROJECT_SOURCE_DIR}/ci/releasing/setting_table.c)
foreach(name policy/setting policy/setting_words policy/list policy/path policy/update_url
        policy/vpn_adapters base/text)
    list(APPEND setting_table_sources ${PROJECT_SOURCE_DIR}/src/${name}.c)
endforeach()
file(GLOB setting_table_headers
    ${PROJECT_SOURCE_DIR}/src/product.h ${PROJECT_SOURCE_DIR}/src/base/*.h
    ${PROJECT_SOURCE_DIR}/src/policy/*.h)
set(setting_table_names $<TARGET_PROPERTY:gatehouse_options,INTERFACE_COMPILE_DEFINITIONS>)
add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/settings.json
    COMMAND ${BUILD_MACHINE_C_COMPILER} -std=gnu11 -Wall -Wextra -Werror
        -I ${PROJECT_SOURCE_DIR}/src -I ${CMAKE_BINARY_DIR}/generated
        "$<$<BOOL:${setting_table_names}>:-D$<JOIN:${setting_table_names},;-D>>"
        -o ${CMAKE_BINARY_DIR}/setting_table ${setting_table_sources}
    COMMAND ${CMAKE_BINARY_DIR}/setting_table ${CMAKE_BINARY_DIR}/settings.json
    DEPENDS ${setting_table_sources} ${setting_table_headers}
    COMMENT "Writing settings.json"
    COMMAND_EXPAND_LISTS VERBATIM)
add_custom_target(setting_table ALL DEPENDS ${CMAKE_BINARY_DIR}/settings.json)
