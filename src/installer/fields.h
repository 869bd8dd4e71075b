/* SPDX-License-Identifier: MIT */
/* fields.h: a list as one text, with a bar between its fields: no file name, account or address has
 * a bar. */
#ifndef INSTALLER_FIELDS_H
#define INSTALLER_FIELDS_H

#include "base/text.h"

enum { FIELD_UNITS = 1024 };

/* Takes the next field from *rest, which is NULL behind the last one. Returns false when there is
 * none. A field that is longer than FIELD_UNITS is cut. */
bool fields_next(const char16_t **rest, char16_t field[FIELD_UNITS]);

#endif
