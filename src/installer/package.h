/* SPDX-License-Identifier: MIT */
/* package.h: the installation that Windows Installer runs: its properties, its log, and the data
 * that a deferred action gets.
 *
 * Deferred actions run as SYSTEM, and cannot read properties: an action that runs before them
 * writes what they need into the property of their name, and they read it as "CustomActionData".
 * Here that is a list of fields (fields.h). */
#ifndef INSTALLER_PACKAGE_H
#define INSTALLER_PACKAGE_H

#include "base/text.h"
#include "installer/fields.h"

#include <windows.h>
#include <msi.h>

enum { PACKAGE_DATA_UNITS = 4096, PACKAGE_VALUE_UNITS = FIELD_UNITS };

/* The value of a property, empty if it has none, on the heap; NULL when memory is short. */
char16_t *package_property(MSIHANDLE package, const char16_t *name);

/* Whether a property has a value. */
bool package_has(MSIHANDLE package, const char16_t *name);

/* Returns 0 or a Win32 error. */
uint32_t package_set(MSIHANDLE package, const char16_t *name, const char16_t *value);

/* A line of the log, as FormatMessage makes it: a UTF-16 text for %1, and so on. */
void package_log(MSIHANDLE package, const char16_t *format, ...);

/* The same for a message that ends the installation; it is shown unless the installation is silent,
 * and is in the log. Returns ERROR_INSTALL_FAILURE. */
uint32_t package_refuse(MSIHANDLE package, const char16_t *format, ...);

#endif
