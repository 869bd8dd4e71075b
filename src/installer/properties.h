/* SPDX-License-Identifier: MIT */
/* properties.h: the public properties of the package, which an administrator gives on msiexec's
 * command line. They are a promise (docs/packaging.md): none is ever renamed or removed. */
#ifndef INSTALLER_PROPERTIES_H
#define INSTALLER_PROPERTIES_H

#include "base/text.h"

struct public_property {
    const char16_t *name;
    const char16_t *setting; /* the registry value that it sets; NULL: none */
};

extern const struct public_property public_properties[];
extern const size_t public_property_count;

#endif
