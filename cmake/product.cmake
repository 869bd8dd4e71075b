# SPDX-License-Identifier: MIT
# The names a brand may change; src/product.h documents them and holds the defaults. An empty value
# means the default.
foreach(name SERVICE_NAME DISPLAY_NAME DESCRIPTION PIPE_FAMILY REGISTRY_KEY
        DATA_FOLDER STATE_KEY FIREWALL_SPACE UPDATE_URL EVENT_SOURCE)
    set(PRODUCT_${name} "" CACHE STRING "Product name: see src/product.h")
    if(PRODUCT_${name})
        string(REPLACE "\\" "\\\\" escaped "${PRODUCT_${name}}")
        target_compile_definitions(gatehouse_options INTERFACE "PRODUCT_${name}=u\"${escaped}\"")
    endif()
endforeach()
target_compile_definitions(gatehouse_options INTERFACE "PRODUCT_VERSION=u\"${PROJECT_VERSION}\"")
