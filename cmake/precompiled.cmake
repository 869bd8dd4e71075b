# SPDX-License-Identifier: MIT
# windows.h takes longer to compile than most sources that include it, so it is compiled once for all
# targets that share their flags. Each source still includes it itself: the preset `analyze` builds
# without precompiled headers, and a forgotten #include fails there.
if(GATEHOUSE_ANALYZE)
    set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()

# gatehouse_targets(RESULT FOLDER): what is compiled in FOLDER and below.
function(gatehouse_targets result folder)
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    get_property(below DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    set(compiled "")
    foreach(target IN LISTS targets)
        get_property(type TARGET ${target} PROPERTY TYPE)
        if(type MATCHES "EXECUTABLE|STATIC_LIBRARY|SHARED_LIBRARY|OBJECT_LIBRARY")
            list(APPEND compiled ${target})
        endif()
    endforeach()
    foreach(subfolder IN LISTS below)
        gatehouse_targets(more ${subfolder})
        list(APPEND compiled ${more})
    endforeach()
    set(${result} ${compiled} PARENT_SCOPE)
endfunction()

# gatehouse_precompile_windows_h(FOLDERS folder... EXCEPT target...): for all targets in these folders,
# which must have the same compiler flags. The first of them compiles it, the others use the result.
function(gatehouse_precompile_windows_h)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FOLDERS;EXCEPT")
    set(targets "")
    foreach(folder IN LISTS arg_FOLDERS)
        gatehouse_targets(more ${CMAKE_SOURCE_DIR}/${folder})
        list(APPEND targets ${more})
    endforeach()
    list(REMOVE_ITEM targets ${arg_EXCEPT})
    list(POP_FRONT targets first)
    # winsock2.h must come before windows.h.
    target_precompile_headers(${first} PRIVATE <winsock2.h> <windows.h>)
    foreach(target IN LISTS targets)
        target_precompile_headers(${target} REUSE_FROM ${first})
    endforeach()
endfunction()
