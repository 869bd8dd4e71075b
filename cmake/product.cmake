# SPDX-License-Identifier: MIT
# Everything that a brand may change, as cache variables PRODUCT_<name>. A brand is a file that sets
# them: `cmake -C brands/acme.cmake --preset mingw`, `ci/release --brand brands/acme.cmake`. What they
# are, with the version, is written to product.json in the build folder, for ci/releasing.

# The names in the programs: src/product.h documents them and holds the defaults. An empty value means
# the default.
set(product_code_names SERVICE_NAME DISPLAY_NAME DESCRIPTION PIPE_FAMILY REGISTRY_KEY POLICY_KEY
    DATA_FOLDER STATE_KEY FIREWALL_SPACE UPDATE_URL EVENT_SOURCE)

# product_default(RESULT NAME): what src/product.h says of PRODUCT_<NAME>, as it is written there.
file(READ ${PROJECT_SOURCE_DIR}/src/product.h product_header)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/product.h)
function(product_default result name)
    if(NOT product_header MATCHES "#define PRODUCT_${name}[ \\\n]+u\"([^\"]*)\"")
        message(FATAL_ERROR "src/product.h has no default of PRODUCT_${name}")
    endif()
    set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()

# The names around the programs: version resources, package, winget, signatures.
set(product_package_names NAME COMPANY COPYRIGHT URL DOWNLOAD_URL UUID ICON)
set(PRODUCT_NAME "Gatehouse" CACHE STRING "What users call it; it begins the names of packages")
set(PRODUCT_COMPANY "Gatehouse" CACHE STRING "Who publishes it")
set(PRODUCT_COPYRIGHT "MIT license" CACHE STRING "Copyright, as version resources tell it")
set(PRODUCT_URL "https://gatehouse.example/" CACHE STRING "Where users read about it")
set(PRODUCT_DOWNLOAD_URL "https://gatehouse.example/download" CACHE STRING
    "Folder that the files of a release are downloaded from: <this>/<version>/<file>")
set(PRODUCT_UUID "7d25ba79-00c8-494f-b8d1-6ef0cdd9f2aa" CACHE STRING
    "Name space of all identifiers of packages: a random UUID that never changes")
set(PRODUCT_ICON "" CACHE FILEPATH "An .ico file for the programs and the package; empty: none")

if(PRODUCT_ICON)
    cmake_path(ABSOLUTE_PATH PRODUCT_ICON BASE_DIRECTORY ${PROJECT_SOURCE_DIR} NORMALIZE)
endif()

# A brand that shares one of these with Gatehouse would replace Gatehouse's package when it is
# installed, or remove the filters of its kill switch.
if(NOT PRODUCT_NAME STREQUAL "Gatehouse")
    if(PRODUCT_UUID STREQUAL "7d25ba79-00c8-494f-b8d1-6ef0cdd9f2aa")
        message(FATAL_ERROR "the brand ${PRODUCT_NAME} needs a PRODUCT_UUID of its own")
    endif()
    if(NOT PRODUCT_FIREWALL_SPACE)
        message(FATAL_ERROR "the brand ${PRODUCT_NAME} needs a PRODUCT_FIREWALL_SPACE of its own")
    endif()
endif()

# product_add(NAME VALUE): one more value of product.json; the value is escaped as C and JSON do it.
set(product_json "{}")
function(product_add name value)
    string(TOLOWER "${name}" key)
    string(JSON product_json SET "${product_json}" "${key}" "\"${value}\"")
    set(product_json "${product_json}" PARENT_SCOPE)
endfunction()

# Each brand obeys policies of its own; what lies elsewhere would stay when its policy has gone.
set(PRODUCT_POLICY_KEY "" CACHE STRING "Product name: see src/product.h")
if(NOT PRODUCT_POLICY_KEY AND NOT PRODUCT_NAME STREQUAL "Gatehouse")
    set(PRODUCT_POLICY_KEY "SOFTWARE\\Policies\\${PRODUCT_NAME}")
endif()
if(PRODUCT_POLICY_KEY AND NOT PRODUCT_POLICY_KEY MATCHES [[^SOFTWARE\\Policies\\.]])
    message(FATAL_ERROR "PRODUCT_POLICY_KEY must lie below SOFTWARE\\Policies")
endif()

foreach(name IN LISTS product_code_names)
    set(PRODUCT_${name} "" CACHE STRING "Product name: see src/product.h")
    if(PRODUCT_${name})
        string(REPLACE "\\" "\\\\" value "${PRODUCT_${name}}")
        target_compile_definitions(gatehouse_options INTERFACE "PRODUCT_${name}=u\"${value}\"")
    else()
        product_default(value ${name})
    endif()
    product_add(${name} "${value}")
endforeach()
foreach(name IN LISTS product_package_names)
    if("${PRODUCT_${name}}" MATCHES "\"")
        message(FATAL_ERROR "PRODUCT_${name} must not contain quotation marks")
    endif()
    string(REPLACE "\\" "\\\\" value "${PRODUCT_${name}}")
    product_add(${name} "${value}")
endforeach()
product_add(VERSION ${PROJECT_VERSION})
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/product.json CONTENT "${product_json}\n" @ONLY)

# In a header of its own, so that another version compiles again only what shows it.
configure_file(${PROJECT_SOURCE_DIR}/src/product_version.h.in
    ${CMAKE_BINARY_DIR}/generated/product_version.h @ONLY)
target_include_directories(gatehouse_options INTERFACE ${CMAKE_BINARY_DIR}/generated)

# product_resources(TARGET FILE_NAME DESCRIPTION TYPE [FIRST_FILE]): every binary that ships has a version
# resource, an icon and, if it is a program, the manifest. TYPE is APP or DLL; FIRST_FILE is a resource
# file to put before them. The linker's map says what was linked in, for ci/releasing/sbom.py.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/maps)
function(product_resources target file_name description type)
    set(resource_file_name ${file_name})
    cmake_path(GET file_name STEM resource_internal_name)
    set(resource_description "${description}")
    set(resource_type ${type})
    set(resource_more "")
    set(depends "")
    if(ARGC GREATER 4)
        string(APPEND resource_more "#include \"${ARGV4}\"\n")
        list(APPEND depends ${ARGV4})
    endif()
    if(type STREQUAL APP)
        string(APPEND resource_more "1 24 \"${PROJECT_SOURCE_DIR}/src/product.manifest\"\n")
        list(APPEND depends ${PROJECT_SOURCE_DIR}/src/product.manifest)
    endif()
    if(PRODUCT_ICON)
        string(APPEND resource_more "1 ICON \"${PRODUCT_ICON}\"\n")
        list(APPEND depends ${PRODUCT_ICON})
    endif()
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}.rc)
    configure_file(${PROJECT_SOURCE_DIR}/src/product.rc.in ${output} @ONLY)
    set_source_files_properties(${output} PROPERTIES OBJECT_DEPENDS "${depends}")
    target_sources(${target} PRIVATE ${output})
    # From the build folder, where Ninja links: the linker's options must not contain commas.
    target_link_options(${target} PRIVATE -Wl,-Map=maps/${file_name}.map)
endfunction()
